import { openAtOrAfter, type Interval } from '../dialling/open-hours.ts';
import { rulesAt } from '../dialling/may-dial.ts';
import type { Jurisdiction, OwnRules } from '../dialling/rules.ts';
import type { TimeZone } from '../kernel/locale.ts';
import type { Campaign } from './campaign.ts';
import type { Lead, LeadReason, LeadStatus } from './lead.ts';
import { LEAST_RING_MS } from './pacing.ts';

/** Where the leads of a campaign may be, as far as the rules tell places apart. */
export interface CallingPlace {
  readonly regions: readonly string[];
  readonly zones: readonly TimeZone[];
  /** The numbers of the simulated carrier have no hours. */
  readonly alwaysOpen: boolean;
}

/** How many leads of a campaign are alike. */
export interface LeadCount {
  readonly place: CallingPlace;
  readonly status: LeadStatus;
  /** Of leads that are done: the outcome. */
  readonly reason: string | null;
  readonly attempted: boolean;
  readonly leads: number;
}

/** What keeps a whole campaign from dialling; null: nothing. */
export type CampaignHold = 'not_started' | 'paused' | 'ended' | 'daily_cap' | 'no_human' | 'carrier' | 'capacity';

export type BlockingReason =
  | Exclude<LeadReason, 'importing'>
  | CampaignHold
  | 'outside_hours'
  | 'being_called'
  | 'done';

export interface Standings {
  readonly dialableNow: number;
  /** With `dialableNow` it adds up to all leads. */
  readonly blocked: Readonly<Partial<Record<BlockingReason, number>>>;
  readonly total: number;
  /** When the first place with leads opens; null if one is open, or none ever opens. */
  readonly opensAt: Date | null;
}

/** What the campaign itself says: its status, its schedule and its daily cap. */
export function holdOf(campaign: Campaign, dialledToday: number, now: Date): CampaignHold | null {
  const { status, startsAt, endsAt, dailyCap } = campaign;
  if (status === 'completed' || (endsAt !== null && now >= endsAt)) return 'ended';
  if (status === 'draft' || (startsAt !== null && now < startsAt)) return 'not_started';
  if (status === 'paused') return 'paused';
  return dailyCap !== null && dialledToday >= dailyCap ? 'daily_cap' : null;
}

export interface StandingsQuestion {
  readonly counts: readonly LeadCount[];
  /** Of leads that wait, those that are due meanwhile and are about to be made ready, with their places. */
  readonly due: readonly { readonly place: CallingPlace; readonly reason: LeadReason; readonly leads: number }[];
  readonly hold: CampaignHold | null;
  readonly rules: readonly Jurisdiction[];
  readonly own: readonly OwnRules[];
  readonly now: Date;
}

/** Whether an interval is open, and for long enough to let it ring. */
export const isOpenToDial = (open: Interval | null, now: Date): boolean =>
  open !== null && open.fromMs <= now.getTime() && open.toMs - now.getTime() >= LEAST_RING_MS;
type HoursQuestion = Pick<StandingsQuestion, 'rules' | 'own' | 'now'>;

/** Whether a place may be dialled now, and from when on; `Infinity`: never. */
export function openingOf(
  place: CallingPlace,
  { rules, own, now }: HoursQuestion,
): { readonly isOpen: boolean; readonly opensMs: number } {
  if (place.alwaysOpen) return { isOpen: true, opensMs: now.getTime() };
  const hours = own.flatMap((one) => (one.hours === null ? [] : [one.hours]));
  const open = openAtOrAfter({ zones: place.zones, jurisdictions: rulesAt(place, rules), own: hours }, now);
  return { isOpen: isOpenToDial(open, now), opensMs: open?.fromMs ?? Infinity };
}

/** A lead whose import is not complete has not started. */
const shownReason = (reason: string | null): BlockingReason =>
  reason === 'importing' ? 'not_started' : (reason as Exclude<LeadReason, 'importing'>);

export interface LeadAnswer {
  /** Null: it is dialable now. */
  readonly blockedBy: BlockingReason | null;
  /** The earliest instant of the next attempt, if time alone decides it. */
  readonly nextAttemptAt: Date | null;
}

/** The answer for one lead, as `standings` counts it. */
export function answerFor(
  lead: Pick<Lead, 'status' | 'reason' | 'dueAt'>,
  place: CallingPlace,
  { hold, ...question }: HoursQuestion & Pick<StandingsQuestion, 'hold'>,
): LeadAnswer {
  const { status, dueAt } = lead;
  const isDue = status === 'waiting' && dueAt <= question.now;
  if (status === 'claimed' || status === 'dialling') return { blockedBy: 'being_called', nextAttemptAt: null };
  if (status === 'done') return { blockedBy: 'done', nextAttemptAt: null };
  if (status === 'blocked') return { blockedBy: shownReason(lead.reason), nextAttemptAt: null };
  if (status === 'waiting' && !isDue) return { blockedBy: shownReason(lead.reason), nextAttemptAt: dueAt };
  const { isOpen, opensMs } = openingOf(place, question);
  const opensAt = Number.isFinite(opensMs) ? new Date(opensMs) : null;
  if (hold !== null) return { blockedBy: hold, nextAttemptAt: null };
  return { blockedBy: isOpen ? null : 'outside_hours', nextAttemptAt: opensAt };
}

/** One answer for each lead: dialable now, or the first reason why it is not. */
export function standings({ counts, due, hold, rules, own, now }: StandingsQuestion): Standings {
  const blocked: Partial<Record<BlockingReason, number>> = {};
  let dialableNow = 0;
  let opensMs = Infinity;
  const add = (reason: BlockingReason, leads: number) => (blocked[reason] = (blocked[reason] ?? 0) + leads);
  const addReady = (place: CallingPlace, leads: number) => {
    const { isOpen, opensMs: placeOpensMs } = openingOf(place, { rules, own, now });
    opensMs = Math.min(opensMs, isOpen ? -Infinity : placeOpensMs);
    if (hold !== null) add(hold, leads);
    else if (isOpen) dialableNow += leads;
    else add('outside_hours', leads);
  };
  for (const { place, status, reason, leads } of counts) {
    if (leads === 0) continue;
    if (status === 'ready') addReady(place, leads);
    else if (status === 'claimed' || status === 'dialling') add('being_called', leads);
    else add(status === 'done' ? 'done' : shownReason(reason), leads);
  }
  for (const { place, reason, leads } of due) {
    add(shownReason(reason), -leads);
    addReady(place, leads);
  }
  return {
    dialableNow,
    blocked: Object.fromEntries(Object.entries(blocked).filter(([, leads]) => leads !== 0)),
    total: counts.reduce((sum, { leads }) => sum + leads, 0),
    opensAt: Number.isFinite(opensMs) ? new Date(opensMs) : null,
  };
}

/** An hour of the near future. */
export interface ForecastHour {
  readonly from: Date;
  /** Leads whose place is open in this hour, of those that no wait keeps from being dialled. */
  readonly dialable: number;
}

const HOUR_MS = 3_600_000;
const FORECAST_HOURS = 24;

/** How many leads may be dialled in each of the next hours, as far as calling hours decide it. */
export function forecast(counts: readonly LeadCount[], { rules, own, now }: HoursQuestion): readonly ForecastHour[] {
  const startMs = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: FORECAST_HOURS }, (_, hour) => ({ fromMs: startMs + hour * HOUR_MS, leads: 0 }));
  const weeks = own.flatMap((one) => (one.hours === null ? [] : [one.hours]));
  for (const { place, status, leads } of counts) {
    if (status !== 'ready' || leads === 0) continue;
    const question = { zones: place.zones, jurisdictions: rulesAt(place, rules), own: weeks };
    let open: Interval | null = null;
    for (const hour of hours) {
      const fromMs = Math.max(hour.fromMs, now.getTime());
      if (!place.alwaysOpen && (open === null || open.toMs <= fromMs)) open = openAtOrAfter(question, new Date(fromMs));
      if (!place.alwaysOpen && open === null) break;
      if (place.alwaysOpen || open!.fromMs < hour.fromMs + HOUR_MS) hour.leads += leads;
    }
  }
  return hours.map(({ fromMs, leads }) => ({ from: new Date(fromMs), dialable: leads }));
}

export interface Progress {
  readonly total: number;
  /** Dialled at least once. */
  readonly attempted: number;
  readonly done: number;
  /** Done leads by their last outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export function progressOf(counts: readonly Omit<LeadCount, 'place'>[]): Progress {
  const outcomes: Record<string, number> = {};
  let [total, attempted, done] = [0, 0, 0];
  for (const one of counts) {
    total += one.leads;
    if (one.attempted) attempted += one.leads;
    // Nothing changes that a carrier does not know the number.
    const isFinal = one.status === 'done' || one.reason === 'invalid_number';
    if (!isFinal || one.leads === 0) continue;
    done += one.leads;
    outcomes[one.reason ?? 'unknown'] = (outcomes[one.reason ?? 'unknown'] ?? 0) + one.leads;
  }
  return { total, attempted, done, outcomes };
}
