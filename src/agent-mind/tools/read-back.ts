import { withDigits } from '#core/bookings/clock-words.ts';
import { wallClock, type TimeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ToolArgs } from '#engine/contracts/language-model.ts';

/** A text of more words is free text, such as a note, and may hold the caller's own words. */
const FEW_WORDS = 3;
const MOSTLY = 0.8;

/**
 * Whether what the agent said just now tells what a tool will do: its numbers and times, in whatever words, with its
 * names said at any time before; and of all this, or of the tool's own name, something just now.
 */
export function isReadBack(
  { name, args }: { readonly name: string; readonly args: ToolArgs },
  saidNow: string,
  talk: readonly ModelMessage[],
  zone: TimeZone,
): boolean {
  const now = new Said(saidNow);
  const saidBy = (role: 'agent' | 'caller') =>
    new Set(talk.flatMap((one) => (one.role === role ? wordsOf(one.text) : [])));
  const [agent, caller] = [saidBy('agent'), saidBy('caller')];
  let told = wordsOf(name.replaceAll('_', ' ')).some((word) => word.length > 3 && now.has(word));
  const isTold = (value: string): boolean => {
    const time = timeIn(value, zone);
    if (time) return now.takesTime(time);
    const words = wordsOf(value);
    if (words.length > FEW_WORDS)
      return words.filter((one) => agent.has(one) || caller.has(one)).length >= words.length * MOSTLY;
    return /\d/.test(value) ? words.every((one) => now.takes(one)) : words.every((one) => agent.has(one));
  };
  // Times first: what they take of the numbers that were said is no other value's.
  const values = leavesOf(args).toSorted((one, other) => Number(!timeIn(one, zone)) - Number(!timeIn(other, zone)));
  told ||= values.some((value) => timeIn(value, zone) !== null || wordsOf(value).every((one) => now.has(one)));
  return told && values.every(isTold);
}

/** What was said, where a number that was said once stands for one value. */
class Said {
  readonly #text: string;
  readonly #left = new Map<string, number>();

  constructor(text: string) {
    this.#text = text.toLowerCase();
    for (const word of wordsOf(text)) this.#left.set(word, (this.#left.get(word) ?? 0) + 1);
  }

  has(word: string): boolean {
    return this.#left.has(word);
  }

  takes(word: string): boolean {
    const left = this.#left.get(word) ?? 0;
    if (left === 0) return false;
    if (/^\d+$/.test(word)) this.#left.set(word, left - 1);
    return true;
  }

  takesTime({ day, clock }: Time): boolean {
    return (day === null || this.#takesDay(day)) && (clock === null || this.#takesClock(clock));
  }

  #takesDay(day: Date): boolean {
    const named = (options: Intl.DateTimeFormatOptions) =>
      day.toLocaleDateString('en-US', { ...options, timeZone: 'UTC' }).toLowerCase();
    const number = String(day.getUTCDate());
    const otherwise = [named({ weekday: 'long' }), 'today', 'tomorrow'].some((word) => this.has(word));
    const inMonth = this.has(named({ month: 'long' })) || this.has(named({ month: 'short' }));
    return inMonth || !otherwise ? this.takes(number) : true;
  }

  #takesClock({ hour, minute }: NonNullable<Time['clock']>): boolean {
    const [am, pm] = [/\d\s?a\.?\s?m\b/.test(this.#text), /\d\s?p\.?\s?m\b/.test(this.#text)];
    if (am !== pm && pm !== hour >= 12) return false;
    const twelve = String(hour % 12 || 12);
    const said = [twelve, `${twelve}pm`, `${twelve}am`, String(hour), String(hour).padStart(2, '0')];
    return (
      (said.some((word) => this.takes(word)) || (hour === 12 && this.has('noon'))) &&
      (minute === 0 || this.takes(String(minute).padStart(2, '0')))
    );
  }
}

interface Time {
  readonly day: Date | null;
  readonly clock: { readonly hour: number; readonly minute: number } | null;
}

/** A date or time as tools take it, as clocks in the zone show it; null for any other value. */
function timeIn(value: string, zone: TimeZone): Time | null {
  const [, day, clock, offset] =
    /^(\d{4}-\d\d-\d\d)?(?:[T ]?(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(value.trim()) ?? [];
  if (day === undefined && clock === undefined) return null;
  const local = new Date(`${day ?? '2000-01-01'}T${clock ?? '12:00'}:00Z`);
  if (Number.isNaN(local.getTime())) return null;
  const at = offset !== undefined && day !== undefined ? wallClock(zone, new Date(value)) : local;
  return {
    day: day === undefined ? null : at,
    clock: clock === undefined ? null : { hour: at.getUTCHours(), minute: at.getUTCMinutes() },
  };
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'object') return Object.values(value ?? {}).flatMap(leavesOf);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

const wordsOf = (text: string): string[] =>
  withDigits(text.toLowerCase())
    .replaceAll(/(\d)(?:st|nd|rd|th)\b/g, '$1')
    .split(/[^\p{L}\p{N}@]+/u)
    .filter((one) => one !== '');
