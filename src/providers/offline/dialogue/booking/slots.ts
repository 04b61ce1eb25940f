import { termsOf } from '#core/knowledge/terms.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import { emailIn, nameAnswered, peopleIn, phoneIn } from './words.ts';

/** Something that a tool or a prompt wants to know before anything is booked. */
export interface Slot {
  readonly key: string;
  readonly kind: SlotKind;
  readonly required: boolean;
  readonly question: string;
}

export type SlotKind = 'when' | 'day' | 'clock' | 'name' | 'people' | 'phone' | 'email' | 'code' | 'note' | 'text';

export const NAME_QUESTION = 'May I have your name, please?';
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
  return { key, kind, required, question: questionFor(key, kind) };
}

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
      return `What is the ${key.replaceAll(/[_.-]/g, ' ')}?`;
  }
}

export const slotsOf = (tool: ToolDefinition): Slot[] =>
  Object.entries(tool.parameters).map(([key, { required }]) => slotOf(key, required));

/** What an answer, or anything that was said, gives for a slot; null where nothing in it fits. */
export function valueIn(slot: Slot, text: string, asked: boolean): string | null {
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
    case 'text':
      return asked && text.trim() !== '' ? text.trim() : null;
    case 'when':
    case 'day':
    case 'clock':
    case 'note':
      return null;
  }
}

/** A number or a code: something with a digit, spelled or not. */
function codeIn(text: string, asked: boolean): string | null {
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
