import { aheadMs } from '../kernel/locale.ts';
import { openAtOrAfter, type OpenHours } from '../dialling/open-hours.ts';
import type { AttemptOutcome } from '../dialling/rules.ts';

const MINUTE_MS = 60_000;
/** A person is not called for so long after a call of theirs that no agent took (Ofcom). */
const ABANDONED_REST_MS = 72 * 60 * MINUTE_MS;
const DAY_MS = 86_400_000;

/** Outcomes after which a lead may be dialled again. After all others it is done. */
export const RETRIED = ['busy', 'no_answer', 'voicemail', 'voicemail_left', 'screening', 'hung_up', 'failed'] as const;
export type RetriedOutcome = (typeof RETRIED)[number];

/**
 * How to wait: minutes of open time; minutes of any time (`rest`); until another part of the day, each at most once a
 * day (`day-part`); until the next day.
 */
export type RetryWait =
  | { readonly kind: 'open' | 'rest'; /** By repetition; the last one repeats. */ readonly minutes: readonly number[] }
  | { readonly kind: 'day-part' | 'next-day' };

export interface RetryRule {
  /** How often an attempt that ends so is followed by another one. */
  readonly attempts: number;
  readonly wait: RetryWait;
}

export type RetryTable = Readonly<Record<RetriedOutcome, RetryRule>>;

export const DEFAULT_RETRIES: RetryTable = {
  busy: { attempts: 2, wait: { kind: 'open', minutes: [15, 30] } },
  no_answer: { attempts: 6, wait: { kind: 'day-part' } },
  voicemail: { attempts: 2, wait: { kind: 'day-part' } },
  voicemail_left: { attempts: 1, wait: { kind: 'rest', minutes: [24 * 60] } },
  screening: { attempts: 1, wait: { kind: 'next-day' } },
  hung_up: { attempts: 1, wait: { kind: 'rest', minutes: [24 * 60] } },
  failed: { attempts: 1, wait: { kind: 'open', minutes: [10] } },
};

/** The first hour of each part of the day. */
const DAY_PARTS = [0, 12, 16];

export interface EndedAttempt {
  readonly dialledAt: Date;
  readonly endedAt: Date;
  readonly outcome: AttemptOutcome;
}

export interface RetryQuestion {
  /** All attempts of the lead, in order; the last one has just ended. */
  readonly attempts: readonly EndedAttempt[];
  readonly maxAttempts: number;
  readonly table: RetryTable;
  /** Whether a lead whose call no agent took is dialled again, after a rest. */
  readonly afterAbandoned?: boolean;
  /** Null: always open, and no parts of a day. */
  readonly hours: OpenHours | null;
}

/** When a lead is due again; null if it is done. */
export function nextDue({ attempts, maxAttempts, table, afterAbandoned = false, hours }: RetryQuestion): Date | null {
  const last = attempts.at(-1);
  if (!last) return null;
  if (last.outcome === 'canceled') return opening(hours, last.endedAt);
  const counted = attempts.filter(({ outcome }) => outcome !== 'canceled').length;
  if (counted >= maxAttempts) return null;
  if (last.outcome === 'abandoned' && afterAbandoned)
    return opening(hours, new Date(last.endedAt.getTime() + ABANDONED_REST_MS));
  if (!isRetried(last.outcome)) return null;
  const { attempts: allowed, wait } = table[last.outcome];
  const times = attempts.filter(({ outcome }) => outcome === last.outcome).length;
  if (times > allowed) return null;
  switch (wait.kind) {
    case 'open':
      return afterOpenTime(hours, last.endedAt, minutesFor(wait.minutes, times) * MINUTE_MS);
    case 'rest':
      return opening(hours, new Date(last.endedAt.getTime() + minutesFor(wait.minutes, times) * MINUTE_MS));
    case 'day-part':
      return hours === null ? last.endedAt : nextDayPart(hours, last.endedAt, attempts);
    case 'next-day':
      return opening(hours, nextDay(hours, last.endedAt));
  }
}

const isRetried = (outcome: AttemptOutcome): outcome is RetriedOutcome =>
  (RETRIED as readonly string[]).includes(outcome);

const minutesFor = (minutes: readonly number[], times: number): number => minutes[times - 1] ?? minutes.at(-1) ?? 0;

/** The instant itself if it is open, else the next opening; null if none comes. */
function opening(hours: OpenHours | null, at: Date): Date | null {
  if (hours === null) return at;
  const open = openAtOrAfter(hours, at);
  return open === null ? null : new Date(open.fromMs);
}

/** The instant by which this much open time has passed. */
function afterOpenTime(hours: OpenHours | null, from: Date, ms: number): Date | null {
  if (hours === null) return new Date(from.getTime() + ms);
  let left = ms;
  for (let at = from; ;) {
    const open = openAtOrAfter(hours, at);
    if (open === null) return null;
    if (left < open.toMs - open.fromMs) return new Date(open.fromMs + left);
    left -= open.toMs - open.fromMs;
    at = new Date(open.toMs);
  }
}

/** The wall clock of the person, in the first of their zones. */
const wallOf = ({ zones }: OpenHours, at: Date): Date => new Date(at.getTime() + aheadMs(zones[0]!, at.getTime()));

function dayPart(hours: OpenHours, at: Date): string {
  const wall = wallOf(hours, at);
  return `${wall.toISOString().slice(0, 10)} ${DAY_PARTS.findLastIndex((hour) => wall.getUTCHours() >= hour)}`;
}

/**
 * The next open part of a day in which no attempt lies: who does not answer in the morning is tried in the afternoon.
 */
function nextDayPart(hours: OpenHours, from: Date, attempts: readonly EndedAttempt[]): Date | null {
  const used = new Set(attempts.map(({ dialledAt }) => dayPart(hours, dialledAt)));
  for (let at = opening(hours, from); at !== null; at = opening(hours, partEnd(hours, at)))
    if (!used.has(dayPart(hours, at))) return at;
  return null;
}

/** The first instant of the next part of the day, to the minute. */
function partEnd(hours: OpenHours, at: Date): Date {
  const part = dayPart(hours, at);
  let next = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
  while (dayPart(hours, next) === part) next = new Date(next.getTime() + MINUTE_MS * minutesLeft(hours, next));
  return next;
}

/** Minutes to the next hour of the clock there: parts of a day begin with an hour. */
const minutesLeft = (hours: OpenHours, at: Date): number => 60 - wallOf(hours, at).getUTCMinutes();

/** The next midnight of the person's clock, or the first instant after it. */
function nextDay(hours: OpenHours | null, from: Date): Date {
  if (hours === null) return new Date(from.getTime() + DAY_MS);
  const day = wallOf(hours, from).toISOString().slice(0, 10);
  let next = from;
  while (wallOf(hours, next).toISOString().slice(0, 10) === day)
    next = new Date(Math.floor(next.getTime() / MINUTE_MS) * MINUTE_MS + MINUTE_MS * minutesLeft(hours, next));
  return next;
}
