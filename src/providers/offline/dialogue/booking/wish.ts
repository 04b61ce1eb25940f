import { dayIn, type TimeZone } from '#core/kernel/locale.ts';
import { dateOrderOf, readSpokenTime } from '#core/bookings/spoken-time.ts';
import type { ModelMessage, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import { spokenWords } from '../../speech/text.ts';
import { intentOf, type Intent } from '../intents.ts';
import { argsOf as toolArgs, parametersOf } from './parameters.ts';
import { NAME_QUESTION, SPELL_QUESTION, slotOf, slotsOf, valueIn, WHEN_QUESTION, type Slot } from './slots.ts';
import { givesUp, isGarbled, nameAnswered, nameSaid, timeWordsIn, wantsBooking, type TimeWords } from './lexicon.ts';

export const CONFIRM = 'Is that right?';
export const TAKEN = 'that time is taken';
const DAY_QUESTION = 'On which day?';
const CLOCK_QUESTION = 'At what time?';
const OVER = 'That time is over.';
const UNCLEAR = 'I am not sure which time you mean.';
const CHANGE_QUESTION = 'What shall I change?';
export const NO_NAME = 'I am sorry, I did not understand your name, so nothing is booked.';
export const NO_NAME_REASON = 'wants an appointment; the name was not understood';
/** How often the agent asks for a name that is missing or not understood. */
const MOST_ASKED = 2;

/** With what bookings are made: the agent's own tool, or the built-in one. */
export interface BookingDesk {
  readonly tool: ToolDefinition;
  readonly builtIn: boolean;
  /** What the prompt wants to know for a booking. */
  readonly asks: readonly string[];
  readonly now: { readonly at: Date; readonly timeZone: TimeZone };
  /** Whether words of the agent's offer a booking. */
  readonly offers: (agentText: string) => boolean;
}

/** The wanted booking, as far as the person has named it. */
interface Wish {
  readonly first: string;
  readonly time: TimeWords;
  readonly values: Readonly<Record<string, string>>;
  readonly name: string | null;
  /** `misnamed`: they said that the name is wrong, and the right one was not understood. */
  readonly state: 'open' | 'confirmed' | 'denied' | 'misnamed';
  /** A free time that was offered in place of one that is taken. */
  readonly offered: { readonly iso: string } | null;
}

/** The next step of a booking: say something, use the tool, or null if none is wanted. */
export type BookingStep =
  | { readonly type: 'ask'; readonly text: string }
  | { readonly type: 'book'; readonly args: ToolArgs }
  | { readonly type: 'given-up' }
  /** The caller said a name, twice, that was not understood. */
  | { readonly type: 'no-name' };

const NO_TIME: TimeWords = { day: null, clock: null, part: null };
export const YES =
  /\b(?:yes|yeah|yep|yup|right|correct|exactly|sure|okay|ok|perfect|fine|good|great|works|please do|go ahead|absolutely|that's it)\b/;
export const NO = /^(?:um |hm |hmm |oh |sorry )*(?:no|nope|nah|not)\b/;
const NAME_IS = /\bname(?: is|'s)\b|\bthis is\b|\bi am\b|\bmy name\b/i;

/** What becomes of the last thing that was said, by all that was said before; null where no booking is under way. */
export function bookingStep(messages: readonly ModelMessage[], desk: BookingDesk): BookingStep | null {
  let wish: Wish | null = null;
  let agent = '';
  let said: string[] = [];
  let names: string | null = null;
  let gaveUp = false;
  let moved = false;
  const take = () => {
    const text = said.join(' ');
    said = [];
    names = nameSaid(text) ?? names;
    const before: Wish | null = wish;
    wish = next(wish, agent, text, desk);
    gaveUp = before !== null && wish === null;
    moved = wish !== null && wish !== before;
  };
  for (const message of messages) {
    if (message.role === 'caller') said.push(message.text);
    else if (message.role === 'agent') {
      if (said.length > 0) take();
      agent = message.text;
      if (message.text.includes(NO_NAME)) wish = null;
    } else if (message.role === 'tool-call') {
      if (said.length > 0) take();
      if (message.args['reason'] === NO_NAME_REASON) wish = null;
    } else if (message.role === 'tool-result' && message.name === desk.tool.name && wish !== null)
      wish = afterTool(wish, message);
  }
  if (said.length > 0) take();
  if (gaveUp) return { type: 'given-up' };
  if (wish === null) return null;
  return moved ? step(wish, messages, names, desk) : null;
}

/** The question that a booking under way waits for an answer to. */
export function pendingQuestion(messages: readonly ModelMessage[], desk: BookingDesk): string | null {
  const until = messages.findLastIndex((one) => one.role === 'agent');
  const before = messages.slice(0, until);
  if (before.at(-1)?.role === 'tool-result') return null;
  const step = bookingStep(before, desk);
  return step?.type === 'ask' ? step.text : null;
}

function next(wish: Wish | null, agent: string, text: string, desk: BookingDesk): Wish | null {
  const plain = spokenWords(text).join(' ');
  if (wish === null) {
    const agrees = desk.offers(agent) && (intentOf(text) === 'agreement' || timeWordsIn(text).clock !== null);
    if (!agrees && !wantsBooking(text, plain)) return null;
    const empty: Wish = { first: text, time: NO_TIME, values: {}, name: null, state: 'open', offered: null };
    return absorbed(empty, '', text, desk);
  }
  if (givesUp(plain) || LEAVES.has(intentOf(text))) return null;
  const after = absorbed(wish, agent, text, desk);
  const changed = JSON.stringify(after) !== JSON.stringify(wish);
  if (wish.offered !== null && agent.includes(TAKEN))
    return changed
      ? { ...after, offered: null }
      : YES.test(plain) && !NO.test(plain)
        ? { ...wish, state: 'confirmed' }
        : { ...wish, offered: null, state: 'denied', time: NO_TIME };
  if (agent.endsWith(CONFIRM)) {
    if (changed) return { ...after, state: 'open' };
    if (NO.test(plain)) return { ...wish, state: NAME_IS.test(text) ? 'misnamed' : 'denied' };
    return YES.test(plain) ? { ...wish, state: 'confirmed' } : wish;
  }
  if (changed) return { ...after, state: 'open' };
  if (agent.endsWith(CHANGE_QUESTION) && /\bname\b/.test(plain)) return { ...wish, state: 'misnamed' };
  // An answer that does not fit is asked for again; a question of theirs is answered first.
  if (isNameAsked(agent) && isGarbled(text)) return { ...wish };
  return intentOf(text) === 'question' || intentOf(text) === 'repeat' ? wish : { ...wish };
}

const isNameAsked = (agent: string) => agent.includes(NAME_QUESTION) || agent.includes(SPELL_QUESTION);

const LEAVES = new Set<Intent>(['goodbye', 'human', 'do-not-call']);

function absorbed(wish: Wish, agent: string, text: string, desk: BookingDesk): Wish {
  const found = timeWordsIn(text);
  const time = {
    day: found.day ?? wish.time.day,
    clock: found.clock ?? bareClock(agent, text) ?? wish.time.clock,
    // "in the evening", then "at eight": the one says which half of the day is meant.
    part: found.part ?? (found.day === null ? wish.time.part : null),
  };
  const values: Record<string, string> = { ...wish.values };
  for (const slot of slotsFor(desk)) {
    const value = slot.kind === 'name' ? null : valueIn(slot, text, agent.includes(slot.question));
    if (value !== null) values[slot.key] = value;
  }
  const asked = isNameAsked(agent);
  const named = nameSaid(text) ?? (asked || NAME_IS.test(text) ? nameAfter(text, wish.name) : null);
  return {
    ...wish,
    time,
    values,
    name: named ?? (asked && found.clock === null ? nameAnswered(text, wish.name) : null) ?? wish.name,
  };
}

const nameAfter = (text: string, before: string | null): string | null => {
  const at = /\bname(?: is|'s)\s/i.exec(text);
  return nameAnswered(at ? text.slice(at.index + at[0].length) : text, before);
};

/** "Ten thirty", or "ten", after the question for the time. */
function bareClock(agent: string, text: string): string | null {
  if (!agent.endsWith(CLOCK_QUESTION) && !agent.endsWith(WHEN_QUESTION)) return null;
  const words = text.trim().replace(/[.!?]$/, '');
  return words.split(/\s+/).length <= 2 && timeWordsIn(`at ${words}`).clock !== null ? `at ${words}` : null;
}

function afterTool(wish: Wish, { output, status }: Extract<ModelMessage, { role: 'tool-result' }>): Wish | null {
  if (status === 'unconfirmed') return { ...wish, state: 'open' };
  if (status !== 'failed') return null;
  const iso = /Free: [^(]{1,80} \(([^)]{1,40})\)/.exec(output)?.[1];
  if (iso !== undefined) return { ...wish, state: 'open', offered: { iso }, time: NO_TIME };
  return /time/i.test(output) ? { ...wish, state: 'open', time: NO_TIME } : null;
}

function slotsFor({ tool, builtIn, asks }: BookingDesk): Slot[] {
  const own = builtIn ? [] : slotsOf(tool);
  const known = new Set(own.map((one) => one.key));
  return [...own, ...asks.filter((one) => !known.has(one)).map((one) => slotOf(one, true))];
}

function step(wish: Wish, messages: readonly ModelMessage[], heardName: string | null, desk: BookingDesk): BookingStep {
  if (wish.offered !== null) {
    return wish.state === 'confirmed'
      ? { type: 'book', args: argsOf(wish, new Date(wish.offered.iso), wish.offered.iso, heardName, desk) }
      : { type: 'ask', text: WHEN_QUESTION };
  }
  if (wish.state === 'denied') return { type: 'ask', text: wish.time.day === null ? WHEN_QUESTION : CHANGE_QUESTION };
  if (wish.state === 'misnamed')
    return timesAsked(messages, SPELL_QUESTION) < MOST_ASKED
      ? { type: 'ask', text: SPELL_QUESTION }
      : { type: 'no-name' };
  const slots = slotsFor(desk);
  const timed = desk.builtIn || slots.some(({ kind }) => kind === 'when' || kind === 'day' || kind === 'clock');
  const at = timed ? timeOf(wish.time, desk) : null;
  if (at !== null && 'ask' in at) return { type: 'ask', text: at.ask };
  for (const slot of slots)
    if (slot.required && isAsked(slot) && wish.values[slot.key] === undefined)
      return { type: 'ask', text: slot.question };
  const name = wish.name ?? heardName;
  const wantsName = desk.builtIn || slots.some((one) => one.kind === 'name');
  if (name === null && wantsName) {
    const asked = timesAsked(messages, NAME_QUESTION) + timesAsked(messages, SPELL_QUESTION);
    const garbled = asked > 0 && isGarbled(lastSaid(messages));
    if (asked < MOST_ASKED) return { type: 'ask', text: garbled ? SPELL_QUESTION : NAME_QUESTION };
    if (garbled) return { type: 'no-name' };
  }
  if (wish.state === 'confirmed') return { type: 'book', args: argsOf(wish, at?.at ?? null, null, heardName, desk) };
  return { type: 'ask', text: `${readBack(wish, at?.at ?? null, name, desk)} ${CONFIRM}` };
}

const isAsked = ({ kind }: Pick<Slot, 'kind'>) => !['when', 'day', 'clock', 'name', 'note'].includes(kind);
const timesAsked = (messages: readonly ModelMessage[], question: string) =>
  messages.filter((one) => one.role === 'agent' && one.text.includes(question)).length;

const lastSaid = (messages: readonly ModelMessage[]) => {
  const last = messages.findLast((one) => one.role === 'caller');
  return last?.role === 'caller' ? last.text : '';
};

/** The wanted instant, or the question that must be asked first. */
function timeOf({ day, clock, part }: TimeWords, { now }: BookingDesk): { at: Date } | { ask: string } {
  if (day === null && clock === null) return { ask: WHEN_QUESTION };
  if (day === null) return { ask: DAY_QUESTION };
  if (clock === null && !/\d{4}-\d\d-\d\d/.test(day)) return { ask: CLOCK_QUESTION };
  const timed = clock === null || /^(?:at|around|about|by) /i.test(clock) ? clock : `at ${clock}`;
  const read = readSpokenTime([day, part, timed].filter(Boolean).join(' '), {
    now: now.at,
    zone: now.timeZone,
    dateOrder: dateOrderOf(now.timeZone, null),
  });
  if (read.at !== null) return { at: read.at };
  if (read.problem === 'past') return { ask: `${OVER} ${WHEN_QUESTION}` };
  return { ask: `${read.ask ?? UNCLEAR} ${WHEN_QUESTION}` };
}

function readBack(wish: Wish, at: Date | null, name: string | null, desk: BookingDesk): string {
  const parts = [
    ...(at === null ? [] : [spokenInstant(at, desk.now.timeZone)]),
    ...slotsFor(desk).flatMap(({ key, kind }) => {
      const value = wish.values[key];
      if (value === undefined || !isAsked({ kind })) return [];
      return [
        kind === 'people'
          ? `for ${value} ${value === '1' ? 'person' : 'people'}`
          : `${key.replaceAll(/[_.-]/g, ' ')} ${value}`,
      ];
    }),
    ...(name === null ? [] : [`for ${name}`]),
  ];
  return `So that is ${parts.join(', ')}.`;
}

export const spokenInstant = (at: Date, timeZone: TimeZone): string =>
  at.toLocaleString('en-US', {
    timeZone,
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });

const clockOf = (at: Date, timeZone: TimeZone) =>
  at.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });

/** Fewer words than this say no more than that something is wanted. */
const LEAST_NOTE = 4;

/** What the first words say about the booking: an agreement to an offer, or "book me in", says nothing. */
const noteIn = (first: string): string | null =>
  spokenWords(first).length < LEAST_NOTE || intentOf(first) === 'agreement' ? null : first;

function argsOf(
  wish: Wish,
  at: Date | null,
  iso: string | null,
  heardName: string | null,
  desk: BookingDesk,
): ToolArgs {
  const { timeZone } = desk.now;
  const name = wish.name ?? heardName;
  const when = iso ?? (at === null ? null : `${dayIn(timeZone, at)}T${clockOf(at, timeZone)}`);
  const asked = slotsFor(desk).flatMap(({ key }) =>
    wish.values[key] === undefined ? [] : [`${key}: ${wish.values[key]}`],
  );
  const note = noteIn(wish.first);
  const notes = [...asked, ...(note === null ? [] : [note])].join('; ').slice(0, 300);
  if (desk.builtIn)
    return {
      ...(when === null ? {} : { when }),
      ...(name === null ? {} : { name }),
      ...(notes === '' ? {} : { notes }),
    };
  const values: Record<string, string> = {};
  for (const { key, kind, parameter } of slotsOf(desk.tool)) {
    const value =
      kind === 'when'
        ? parameter?.format === 'date-time' && at !== null
          ? at.toISOString()
          : when
        : kind === 'day'
          ? at && dayIn(timeZone, at)
          : kind === 'clock'
            ? at && clockOf(at, timeZone)
            : kind === 'name'
              ? name
              : kind === 'note'
                ? note
                : wish.values[key];
    if (value) values[key] = value;
  }
  return toolArgs(parametersOf(desk.tool), values);
}
