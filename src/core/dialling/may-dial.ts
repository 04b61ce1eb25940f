import { isPhoneNumber } from '../kernel/phone-number.ts';
import { aheadMs, type TimeZone } from '../kernel/locale.ts';
import { openAtOrAfter } from './open-hours.ts';
import { placeOf, type Place, type Whereabouts } from './place.ts';
import type { AttemptOutcome, Jurisdiction, Limit, OwnRules } from './rules.ts';

const HOUR_MS = 3_600_000;

/** A dial that the carrier accepted, or may have accepted. */
export interface PastAttempt {
  readonly at: Date;
  /** Null while it runs, or if unknown. */
  readonly endedAt: Date | null;
  /** Null while it runs. */
  readonly outcome: AttemptOutcome | null;
  /** Null: placed singly, by an API or as a callback. */
  readonly campaignId: number | null;
}

/** The person, as far as a dial depends on it. */
export interface Callee extends Whereabouts {
  readonly doNotCall: boolean;
  /** Null: not recorded. */
  readonly consented: boolean | null;
}

export interface DialQuestion {
  readonly person: Callee;
  readonly now: Date;
  /** All dials of the number, of all campaigns and APIs, in any order. */
  readonly history: readonly PastAttempt[];
  readonly campaignId: number | null;
  /** The person asked for this call: limits on the number of dials do not bind it. */
  readonly isPromised?: boolean;
  readonly rules: readonly Jurisdiction[];
  /** Of the organization and of the campaign. */
  readonly own: readonly OwnRules[];
}

export type RefusalReason =
  | 'invalid_number'
  | 'do_not_call'
  | 'no_consent'
  | 'zone_unknown'
  | 'attempt_limit'
  | 'resting'
  | 'outside_hours';

export interface Refusal {
  readonly reason: RefusalReason;
  /** For people. */
  readonly message: string;
  /** When this reason ends by itself; null if it does not. */
  readonly until: Date | null;
}

export type Verdict =
  | {
      readonly allowed: true;
      /** The end of the open hours: no dial may ring at or after it. */ readonly closesAt: Date | null;
    }
  | { readonly allowed: false; readonly reasons: readonly Refusal[]; readonly earliest: Date | null };

/** Numbers of the simulated carrier, which have no hours and no limits. */
const TEST_NUMBER = /^\+1500555\d{4}$/;

export const isTestNumber = (number: string): boolean => TEST_NUMBER.test(number);

/** The rules that apply at a place. */
export function rulesAt(place: Pick<Place, 'regions'>, rules: readonly Jurisdiction[]): readonly Jurisdiction[] {
  const there = new Set(['*', ...place.regions]);
  return rules.filter(({ id, covers = [] }) => there.has(id) || covers.some((country) => there.has(country)));
}

/**
 * Whether a campaign may dial a person now; if not, every reason, and the first instant at which it may. All zones that
 * the person may be in must be open by all rules that may apply, so the strictest wins.
 */
export function mayDial(question: DialQuestion): Verdict {
  const { person, now, own } = question;
  const isTest = isTestNumber(person.number);
  const place = placeOf(person);
  const held = heldBack(question, place);
  const hours = {
    zones: place.zones,
    jurisdictions: rulesAt(place, question.rules),
    own: own.map((one) => one.hours).filter((one) => one !== null),
  };
  const hasHours = !isTest && place.zones.length > 0;
  const open = hasHours ? openAtOrAfter(hours, now) : null;
  const isClosed = hasHours && open?.fromMs !== now.getTime();
  const reasons = isClosed ? [...held, closedNow(place.zones, now, open?.fromMs ?? null)] : held;
  if (reasons.length === 0) return { allowed: true, closesAt: open ? new Date(open.toMs) : null };
  if (held.some(({ until }) => until === null)) return { allowed: false, reasons, earliest: null };
  const from = Math.max(now.getTime(), ...held.map(({ until }) => until!.getTime()));
  const earliest = isTest ? from : openAtOrAfter(hours, new Date(from))?.fromMs;
  return { allowed: false, reasons, earliest: earliest === undefined ? null : new Date(earliest) };
}

/** Every reason of the person and the number why no campaign dials them now, whatever the time of day. */
export function heldBack(question: DialQuestion, place: Place = placeOf(question.person)): readonly Refusal[] {
  const barred = barriers(question);
  if (isTestNumber(question.person.number)) return barred;
  const unknown: Refusal = {
    reason: 'zone_unknown',
    message: 'The time zone of this person is unknown: add a time zone, a postal code or a region.',
    until: null,
  };
  const waits = question.history.length === 0 ? [] : waitsFor(question, rulesAt(place, question.rules), place);
  return [...barred, ...(place.zones.length === 0 ? [unknown] : []), ...waits];
}

/** Reasons that no waiting ends. */
function barriers({ person, own, history }: DialQuestion): readonly Refusal[] {
  const reasons: Refusal[] = [];
  const add = (reason: RefusalReason, message: string) => reasons.push({ reason, message, until: null });
  if (!isPhoneNumber(person.number)) add('invalid_number', 'The number is not valid: + and 7 to 15 digits are needed.');
  else if (history.some(({ outcome }) => outcome === 'invalid_number'))
    add('invalid_number', 'The carrier reported that this number does not exist.');
  if (person.doNotCall || history.some(({ outcome }) => outcome === 'opted_out'))
    add('do_not_call', 'This number is on the do-not-call list.');
  if (person.consented === false) add('no_consent', 'This person did not consent, or revoked the consent.');
  else if (person.consented === null && own.some(({ requireConsent }) => requireConsent))
    add('no_consent', 'Consent is required, and none is recorded for this person.');
  return reasons;
}

/** Limits and rests that hold now, each with its end. */
function waitsFor(
  { now, history, campaignId, own, isPromised = false }: DialQuestion,
  rules: readonly Jurisdiction[],
  place: Place,
): readonly Refusal[] {
  const named = rules.map((rule) => ({ ...rule, label: `the rule of ${rule.name}` }));
  const owners = [...named, ...own.map((one) => ({ ...one, label: 'your own rule' }))];
  const zone = place.zones[0] ?? null;
  return owners.flatMap(({ limits, rests, label }) => [
    ...(isPromised ? [] : limits).flatMap((limit): Refusal[] => {
      const until = limitEnds(limit, history, campaignId);
      if (until === null || until <= now) return [];
      const span = limit.hours % 24 === 0 && limit.hours > 24 ? `${limit.hours / 24} days` : `${limit.hours} hours`;
      const message = `${label} allows ${limit.count} dials in ${span}; the next is possible at ${shown(until, zone)}.`;
      return [{ reason: 'attempt_limit', message: sentence(message), until }];
    }),
    ...rests.flatMap((rest): Refusal[] => {
      const ends = history
        .filter(({ outcome }) => outcome !== null && rest.after.includes(outcome))
        .map(({ at, endedAt }) => (endedAt ?? at).getTime() + rest.hours * HOUR_MS);
      const until = new Date(Math.max(...ends));
      if (ends.length === 0 || until <= now) return [];
      const message = `${label} lets this number rest after its last dial until ${shown(until, zone)}.`;
      return [{ reason: 'resting', message: sentence(message), until }];
    }),
  ]);
}

/** When the limit was or is filled until; null if too few dials fill it. A dial by a faster clock counts. */
function limitEnds(limit: Limit, past: readonly PastAttempt[], campaignId: number | null): Date | null {
  const counted = past
    .filter((one) => limit.scope === 'number' || one.campaignId === campaignId)
    .map(({ at }) => at.getTime())
    .toSorted((one, other) => other - one);
  const filling = counted[limit.count - 1];
  return filling === undefined ? null : new Date(filling + limit.hours * HOUR_MS);
}

function closedNow(zones: readonly TimeZone[], now: Date, opensMs: number | null): Refusal {
  const clocks = zones.map((zone) => `${clock(now, zone)} in ${zone}`).join(', ');
  const opens = opensMs === null ? 'they never open' : `they open at ${shown(new Date(opensMs), zones[0]!)}`;
  return {
    reason: 'outside_hours',
    message: `Outside the calling hours: it is ${clocks}; ${opens}.`,
    until: opensMs === null ? null : new Date(opensMs),
  };
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function clock(at: Date, zone: TimeZone): string {
  return new Date(at.getTime() + aheadMs(zone, at.getTime())).toISOString().slice(11, 16);
}

function shown(at: Date, zone: TimeZone | null): string {
  if (zone === null) return at.toISOString();
  const wall = new Date(at.getTime() + aheadMs(zone, at.getTime())).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, 16)} (${zone})`;
}
