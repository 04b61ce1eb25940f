import type { WeekHours } from './week-hours.ts';

/** How a dial ended, as the rules see it. */
export const ATTEMPT_OUTCOMES = [
  'busy',
  'no_answer',
  'voicemail',
  'voicemail_left',
  'screening',
  'hung_up',
  'answered',
  /** The person declined what was offered. */
  'declined',
  /** The person asked not to be called again. */
  'opted_out',
  'abandoned',
  'invalid_number',
  'failed',
  /** Given up by us before it was answered: the campaign was paused, or its time was over. */
  'canceled',
  'unknown',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** At most `count` dials within any `hours`, of all campaigns and APIs or of the campaign that dials. */
export interface Limit {
  readonly count: number;
  readonly hours: number;
  readonly scope: 'number' | 'campaign';
}

/** No dial for `hours` after an attempt that ended in one of these ways. */
export interface Rest {
  readonly after: readonly AttemptOutcome[];
  readonly hours: number;
}

/** `12-25`; `easter+1` (days); `3 mon jan` (the third Monday); `last mon may`. */
export type ClosedDate = string;

/** What a place demands. Nothing here is legal advice: see `source`, and check it for your own use. */
export interface Jurisdiction {
  /** `*` everywhere, a country, or a region of one: `US-FL`. */
  readonly id: string;
  readonly name: string;
  /** The countries that it also covers, for a union of countries. */
  readonly covers?: readonly string[];
  /** Null: not restricted by this jurisdiction. A weekday that is missing is closed. */
  readonly hours: WeekHours | null;
  readonly closed: readonly ClosedDate[];
  /** A closed date on a Saturday also closes the Friday before it, one on a Sunday the Monday after it. */
  readonly closedDatesMove?: true;
  readonly limits: readonly Limit[];
  readonly rests: readonly Rest[];
  readonly consent: 'none' | 'prior' | 'prior-written';
  /** What an artificial voice has to say. */
  readonly disclosure: readonly ('caller' | 'callback-number' | 'opt-out' | 'artificial-voice')[];
  readonly source: string;
  /** The day on which the source was read. */
  readonly asOf: string;
}

/** The fields that decide about a dial, which an organization can loosen by an audited override. */
export type Loosened = Partial<Pick<Jurisdiction, 'hours' | 'closed' | 'limits' | 'rests'>>;

/** What an organization or a campaign demands beyond the law. It can only tighten. */
export interface OwnRules {
  readonly hours: WeekHours | null;
  readonly limits: readonly Limit[];
  readonly rests: readonly Rest[];
  /** Only people with recorded consent are called. */
  readonly requireConsent: boolean;
}

export const NO_OWN_RULES: OwnRules = { hours: null, limits: [], rests: [], requireConsent: false };

/** The rules with an organization's overrides. */
export function withOverrides(
  rules: readonly Jurisdiction[],
  overrides: Readonly<Record<string, Loosened>>,
): readonly Jurisdiction[] {
  return rules.map((rule) => (Object.hasOwn(overrides, rule.id) ? { ...rule, ...overrides[rule.id] } : rule));
}
