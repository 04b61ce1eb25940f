import { dateOrderOf, readSpokenTime } from '#core/bookings/spoken-time.ts';
import type { TimeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import { termsOf } from '#core/knowledge/terms.ts';
import { nameIn } from '../analysis/names.ts';
import { isHeard } from './booking/heard-name.ts';
import { argsOf, parametersOf } from './booking/parameters.ts';
import { slotsOf, valueIn, type Slot } from './booking/slots.ts';
import { timeIn } from './intents.ts';

/** Which of the agent's own tools a rule-based model uses when, and with what. */

const BOOKING = /\b(?:book|schedul|appoint|reserv|meeting|demo)/;
/** The number of a tool's words in a message from which it counts as requested. */
const ENOUGH_WORDS = 2;

interface TimeHere {
  readonly at: Date;
  readonly timeZone: TimeZone;
}

const wordsOfTool = (tool: ToolDefinition) =>
  `${tool.name.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, ' ')} ${tool.description}`.toLowerCase();

/** It cancels, moves or looks up what is booked. */
const CHANGES_OR_LOOKS =
  /\b(?:cancel|reschedul|mov|chang|updat|delet|remov|find|list|check|get|look|show|search|availab|status)/;
const books = (tool: ToolDefinition) => {
  const words = wordsOfTool(tool);
  return BOOKING.test(words) && !CHANGES_OR_LOOKS.test(words);
};

export function bookingTool(tools: readonly ToolDefinition[]): ToolDefinition | null {
  return tools.find(books) ?? null;
}

/** How many words with a meaning two texts share. */
function wordsInCommon(a: string, b: string): number {
  const words = new Set(termsOf(b).map((one) => one.term));
  return termsOf(a).filter(({ term }) => words.has(term)).length;
}

/** The tool that the caller's words ask for, or null. Bookings have their own moment. */
export function toolAskedFor(
  tools: readonly ToolDefinition[],
  caller: string,
  /** Whether the agent's texts know what is named: then its name alone is no reason to use a tool. */
  isKnown: () => boolean,
): ToolDefinition | null {
  let best: ToolDefinition | null = null;
  let most = ENOUGH_WORDS - 1;
  for (const tool of tools) {
    if (books(tool)) continue;
    // A message that names the tool's parameters has fewer other words.
    const given = slotsOf(tool).filter((slot) => slot.required && valueIn(slot, caller, false) !== null).length;
    const shared = wordsInCommon(caller, wordsOfTool(tool));
    if (shared > 0 && shared + given > most && (shared >= ENOUGH_WORDS || !isKnown()))
      [best, most] = [tool, shared + given];
  }
  return best;
}

/** What to call a tool with, or what to ask first. */
export type Filled = { readonly args: ToolArgs } | { readonly ask: string };

/**
 * Values for a tool's parameters from what was said, as its schema wants them; a required one that was not named, or
 * not so that it fits, is asked for.
 */
export function fillIn(tool: ToolDefinition, messages: readonly ModelMessage[], now: TimeHere): Filled {
  const slots = slotsOf(tool);
  const values: Record<string, string> = {};
  for (const slot of slots) {
    const value = isTime(slot) ? timeFor(slot, messages, now) : saidFor(slot, messages);
    if (value !== null && value !== '') values[slot.key] = value;
  }
  const missing = slots.find((slot) => values[slot.key] === undefined && (slot.required || isBegun(slot, values)));
  return missing ? { ask: missing.question } : { args: argsOf(parametersOf(tool), values) };
}

const textsIn = (messages: readonly ModelMessage[]) =>
  messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));

function saidFor(slot: Slot, messages: readonly ModelMessage[]): string | null {
  if (slot.kind === 'note') return textsIn(messages).at(-1) ?? null;
  let value: string | null = null;
  let agent = '';
  for (const message of messages) {
    if (message.role === 'agent') agent = message.text;
    if (message.role === 'caller') value = valueIn(slot, message.text, agent.endsWith(slot.question)) ?? value;
  }
  return slot.kind === 'name' ? (nameIn(textsIn(messages)) ?? value) : value;
}

const isTime = ({ kind }: Slot) => kind === 'when' || kind === 'day' || kind === 'clock';

/** A time in the caller's words, or as a date where the schema wants one. */
function timeFor({ parameter }: Slot, messages: readonly ModelMessage[], { at, timeZone }: TimeHere): string | null {
  const words = textsIn(messages)
    .map(timeIn)
    .findLast((time) => time !== null);
  const format = parameter?.format ?? null;
  if (words === undefined || format === null) return words ?? null;
  const read = readSpokenTime(words, { now: at, zone: timeZone, dateOrder: dateOrderOf(timeZone, null) });
  if (format === 'date') return read.day;
  return format === 'time' ? read.time : (read.at?.toISOString() ?? null);
}

/** Something of the object that it stands in was said, so that it is required there. */
function isBegun({ parameter }: Slot, values: Readonly<Record<string, string>>): boolean {
  if (parameter === null || parameter.nullable || !parameter.requiredWithin || parameter.path.length < 2) return false;
  const around = `${parameter.path.slice(0, -1).join('.')}.`;
  return Object.keys(values).some((key) => key.startsWith(around));
}

/** The code for which a tool was called, where it was spelled by voice: a letter of it may have been misheard. */
export function spelledCode(args: ToolArgs | null, caller: string): string | null {
  if (!isHeard(caller)) return null;
  const values = Object.values(args ?? {}).map(String);
  return values.find((value) => /^[a-z]{1,4}-?\d{2,}$/i.test(value))?.toUpperCase() ?? null;
}

/** A tool's answer as something that can be said. */
export function speakable(output: string): string {
  const text = output.trim();
  if (!/^[[{"]/.test(text)) return sentence(text.slice(0, 300));
  try {
    return sentence(wordsIn(JSON.parse(text)) ?? 'That is done.');
  } catch {
    return sentence(text.slice(0, 300));
  }
}

const TOLD = ['message', 'text', 'answer', 'result', 'summary', 'output', 'description', 'status', 'content'];

function wordsIn(value: unknown): string | null {
  if (typeof value === 'string') return value.slice(0, 300);
  if (typeof value !== 'object' || value === null) return null;
  for (const key of TOLD) {
    const told = wordsIn((value as Record<string, unknown>)[key]);
    if (told !== null && /[a-z]/i.test(told)) return told;
  }
  return null;
}

const sentence = (text: string) => (text === '' ? 'That is done.' : /[.!?]$/.test(text) ? text : `${text}.`);
