import { withDigits } from '#core/bookings/clock-words.ts';
import { termsOf, tokensOf } from '#core/knowledge/terms.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import { keyOf, parametersOf, type Parameter } from './parameters.ts';
import { isHeard } from './heard-name.ts';
import { emailIn, nameAnswered, peopleIn, phoneIn } from './lexicon.ts';

/** Something that a tool or a prompt wants to know before anything is booked. */
export interface Slot {
  readonly key: string;
  readonly kind: SlotKind;
  readonly required: boolean;
  readonly question: string;
  /** What the tool's schema says of it; null for what a prompt wants to know. */
  readonly parameter: Parameter | null;
}

export type SlotKind =
  | 'when'
  | 'day'
  | 'clock'
  | 'name'
  | 'people'
  | 'phone'
  | 'email'
  | 'code'
  | 'note'
  | 'text'
  | 'number'
  | 'choice'
  | 'choices'
  | 'yes-no';

export const NAME_QUESTION = 'May I have your name, please?';
/** Asked after an answer that was heard as other words than a name. */
export const SPELL_QUESTION = 'I am sorry, I did not understand your name. Could you say it again, or spell it?';
export const WHEN_QUESTION = 'Which day and time would suit you?';

export function kindOf(key: string): SlotKind {
  const name = key.toLowerCase().replaceAll(/[_.-]/g, ' ');
  if (/\bwhen\b|datetime|date time|\bslot\b/.test(name)) return 'when';
  if (/\bdate\b|\bday\b/.test(name)) return 'day';
  if (/\btime\b|\bhour\b/.test(name)) return 'clock';
  if (/people|person|guest|seat|party|adults|covers/.test(name)) return 'people';
  if (/phone|mobile|telephone/.test(name)) return 'phone';
  if (/mail/.test(name)) return 'email';
  if (/\bname\b/.test(name)) return 'name';
  if (/number|digits|\bid\b|code|reference/.test(name)) return 'code';
  return /note|reason|query|question|text|message|topic|summary|search|subject|request|about/.test(name)
    ? 'note'
    : 'text';
}

export function slotOf(key: string, required: boolean): Slot {
  const kind = kindOf(key);
  return { key, kind, required, question: questionFor(key, kind), parameter: null };
}

const FORMATS: Readonly<Record<string, SlotKind>> = { 'date-time': 'when', date: 'day', time: 'clock', email: 'email' };

function slotOfParameter(parameter: Parameter): Slot {
  const { type, choices, format, required, nullable } = parameter;
  const key = keyOf(parameter);
  const named = kindOf(parameter.path.at(-1)!);
  const kind =
    choices !== null
      ? type === 'list'
        ? 'choices'
        : 'choice'
      : type === 'boolean'
        ? 'yes-no'
        : type === 'string'
          ? (FORMATS[format ?? ''] ?? named)
          : type === 'list'
            ? 'text'
            : named === 'people' || named === 'code'
              ? named
              : 'number';
  return { key, kind, required: required && !nullable, question: askFor(parameter, kind), parameter };
}

const MOST_CHOICES = 6;

function askFor(parameter: Parameter, kind: SlotKind): string {
  const { path, choices, minimum, maximum, description } = parameter;
  const name = path.toReversed().map(worded).join(' of the ');
  if ((kind === 'choice' || kind === 'choices') && choices!.length <= MOST_CHOICES) {
    const named = choices!.map((one) => worded(String(one)));
    const list = named.length < 2 ? named[0]! : `${named.slice(0, -1).join(', ')} or ${named.at(-1)!}`;
    return `Which ${name}: ${list}?`;
  }
  if (kind === 'yes-no')
    return `${(description ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`).replace(/[.?!]$/, '')}: yes or no?`;
  if (kind !== 'number') return questionFor(name, kind);
  const range =
    minimum !== null && maximum !== null
      ? `, from ${minimum} to ${maximum}`
      : minimum !== null && minimum > 1
        ? `, at least ${minimum}`
        : maximum !== null
          ? `, at most ${maximum}`
          : '';
  return `${/[^s]s$/.test(name) ? `How many ${name}` : `What is the ${name}`}${range}?`;
}

const worded = (key: string) =>
  key
    .replaceAll(/[_.-]/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

function questionFor(key: string, kind: SlotKind): string {
  switch (kind) {
    case 'name':
      return NAME_QUESTION;
    case 'people':
      return 'For how many people?';
    case 'when':
    case 'day':
    case 'clock':
      return WHEN_QUESTION;
    case 'phone':
      return 'What is your phone number, please?';
    case 'email':
      return 'What is your e-mail address, please?';
    case 'code':
    case 'note':
    case 'text':
    case 'number':
    case 'choice':
    case 'choices':
    case 'yes-no':
      return `What is the ${key.replaceAll(/[_.-]/g, ' ')}?`;
  }
}

export const slotsOf = (tool: ToolDefinition): Slot[] => parametersOf(tool).map(slotOfParameter);

/** What an answer, or anything that was said, gives for a slot; null where nothing in it fits. */
export function valueIn(slot: Slot, text: string, asked: boolean): string | null {
  const value = readValue(slot, text, asked);
  return value !== null && fits(slot, value) ? value : null;
}

/** Numbers within their bounds, whole where they have to be. */
function fits({ parameter }: Slot, value: string): boolean {
  if (parameter === null || (parameter.type !== 'number' && parameter.type !== 'integer')) return true;
  const number = Number(value);
  return (
    !Number.isNaN(number) &&
    (parameter.type === 'number' || Number.isInteger(number)) &&
    number >= (parameter.minimum ?? -Infinity) &&
    number <= (parameter.maximum ?? Infinity)
  );
}

function readValue(slot: Slot, text: string, asked: boolean): string | null {
  switch (slot.kind) {
    case 'people':
      return peopleIn(text, asked);
    case 'phone':
      return phoneIn(text);
    case 'email':
      return emailIn(text);
    case 'name':
      return asked ? nameAnswered(text) : null;
    case 'code':
      return codeIn(text, asked);
    case 'number':
      return numberIn(slot.key, text, asked);
    case 'choice':
      return choicesIn(slot, text).at(-1) ?? null;
    case 'choices':
      return choicesIn(slot, text).join(', ') || null;
    case 'yes-no':
      return asked ? yesOrNo(text) : null;
    case 'text':
      return asked && text.trim() !== '' ? text.trim() : null;
    case 'when':
    case 'day':
    case 'clock':
    case 'note':
      return null;
  }
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const stemOf = (word: string) => word.replace(/s$/, '');

/** The number beside the parameter's own word ("three nights"); asked for it, any number. */
function numberIn(key: string, text: string, asked: boolean): string | null {
  const tokens = withDigits(text.toLowerCase())
    .split(/[^\p{L}\d.-]+/u)
    .map((one) => one.replace(/\.$/, ''));
  const names = worded(key).split(' ').map(stemOf);
  const at = tokens.findIndex((one) => names.includes(stemOf(one)));
  const beside = at < 0 ? [] : [at - 1, at + 1, at - 2, at + 2].flatMap((i) => tokens[i] ?? []);
  return beside.find((one) => NUMBER.test(one)) ?? (asked ? tokens.find((one) => NUMBER.test(one)) : undefined) ?? null;
}

/** Those of a parameter's choices that are named, in the order in which they are. */
function choicesIn({ parameter }: Slot, text: string): string[] {
  const said = ` ${withDigits(text.toLowerCase())
    .split(/[^\p{L}\d]+/u)
    .join(' ')} `;
  return (parameter?.choices ?? [])
    .map((choice) => ({ choice: String(choice), at: said.lastIndexOf(` ${worded(String(choice))} `) }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => one.at - other.at)
    .map(({ choice }) => choice);
}

function yesOrNo(text: string): string | null {
  const said = text.trim().toLowerCase();
  if (/^(?:no|nope|not)\b/.test(said)) return 'false';
  return /\b(?:yes|yeah|yep|sure|please|of course|correct|true)\b/.test(said) ? 'true' : null;
}

/** A number or a code: something with a digit, spelled or not. */
function codeIn(text: string, asked: boolean): string | null {
  // A letter on its own is a part of the code that was heard as something else.
  if (isHeard(text) && tokensOf(text).some((token) => /^[b-hj-z]$/.test(token))) return null;
  const codes = termsOf(text).flatMap(({ term }) => (/\d/.test(term) ? [term] : []));
  const long = codes.filter((one) => one.length >= 3);
  const code = long.length > 0 ? long.at(-1)! : asked ? codes.at(-1) : undefined;
  return code === undefined ? null : (asWritten(code, text) ?? code.toUpperCase());
}

/** A code keeps the signs with which it was written: `A-100` is not `A100` to a tool. */
const asWritten = (code: string, text: string) =>
  text
    .split(/[^\p{L}\d/_.-]/u)
    .map((one) => one.replace(/[-/_.]$/, ''))
    .find((one) => one.replaceAll(/[-/_.]/g, '').toLowerCase() === code);
