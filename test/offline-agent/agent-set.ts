/** One agent of the offline set: how it is set up, and what it is asked. */
export interface AgentSet {
  readonly name: string;
  readonly prompt: string;
  readonly documents: readonly { readonly name: string; readonly type: 'txt' | 'md' | 'csv'; readonly text: string }[];
  readonly tools: readonly WebhookTool[];
  readonly tuned: Questions;
  /** Written at the same time; its failures are not examined one by one. */
  readonly heldOut: Questions;
}

export interface WebhookTool {
  readonly name: string;
  readonly description: string;
  readonly requiredParams: readonly string[];
  readonly optionalParams: readonly string[];
  /** What the tool's server answers. */
  readonly answer: (parameters: Readonly<Record<string, unknown>>) => string;
}

export interface Questions {
  readonly everyday: readonly Question[];
  readonly bookings: readonly Booking[];
  readonly facts: readonly Question[];
}

/** One question in a talk of its own. */
export interface Question {
  readonly asked: string;
  /** Each has to stand in the answer; null: the texts do not say it, so the agent has to say that it does not know. */
  readonly right: readonly RegExp[] | null;
  /** None may stand in the answer: it would be false. */
  readonly wrong: readonly RegExp[];
}

/**
 * A talk, by what the person says in turn. Answers by what is asked: the first pattern that matches the agent's last
 * words.
 */
export interface Booking {
  readonly about: string;
  readonly says: readonly string[];
  /** Said instead of the next line when the agent's words match: what a person answers to a question. */
  readonly answers?: readonly (readonly [RegExp, string])[];
  /** What has to be on record at the end; null: nothing. `at` in the organization's zone. */
  readonly booked: { readonly at: string; readonly name?: RegExp; readonly notes?: RegExp } | null;
}

export const ask = (
  asked: string,
  right: RegExp | readonly RegExp[] | null,
  ...wrong: readonly RegExp[]
): Question => ({ asked, right: right instanceof RegExp ? [right] : right, wrong });

/** The organization's zone and the instant at which every talk takes place: a Wednesday, 10:00 in the morning. */
export const ZONE = 'America/New_York';
export const NOW = new Date('2026-01-14T15:00:00Z');

/** A question about one value of a table whose other values must not be mentioned. */
export function fact(asked: string, value: string | null, others: readonly string[]): Question {
  const whole = (text: string) =>
    new RegExp(`(?<![\\w.])${text.replaceAll(/[$.*+?^()|[\]{}\\/-]/g, '\\$&')}(?![\\w]|[.,]\\d)`, 'i');
  return {
    asked,
    right: value === null ? null : [whole(value)],
    wrong: others.filter((other) => other !== value).map(whole),
  };
}
