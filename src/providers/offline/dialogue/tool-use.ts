import type { ModelMessage, ToolDefinition } from '#engine/contracts/language-model.ts';
import { termsOf } from '#core/knowledge/terms.ts';
import { nameIn } from '../analysis/names.ts';
import { slotsOf, valueIn } from './booking/slots.ts';
import { timeIn } from './intents.ts';

/** Which of the agent's own tools a rule-based model uses when, and with what. */

const BOOKING = /\b(?:book|schedul|appoint|reserv|meeting|demo)/;
/** A tool whose words the caller used so many of is what they ask for. */
const ENOUGH_WORDS = 2;

const wordsOfTool = (tool: ToolDefinition) =>
  `${tool.name.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, ' ')} ${tool.description}`.toLowerCase();

export function bookingTool(tools: readonly ToolDefinition[]): ToolDefinition | null {
  return tools.find((tool) => BOOKING.test(wordsOfTool(tool))) ?? null;
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
    if (BOOKING.test(wordsOfTool(tool))) continue;
    // Somebody who names what the tool needs says less of the rest.
    const given = slotsOf(tool).filter((slot) => slot.required && valueIn(slot, caller, false) !== null).length;
    const shared = wordsInCommon(caller, wordsOfTool(tool));
    if (shared > 0 && shared + given > most && (shared >= ENOUGH_WORDS || !isKnown()))
      [best, most] = [tool, shared + given];
  }
  return best;
}

/** What to call a tool with, or what to ask first. */
export type Filled = { readonly args: Readonly<Record<string, string>> } | { readonly ask: string };

/** Values for a tool's parameters from what was said; a required one that nobody has named, or not so that it fits, is asked for. */
export function fillIn(tool: ToolDefinition, messages: readonly ModelMessage[]): Filled {
  const args: Record<string, string> = {};
  const texts = messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));
  for (const slot of slotsOf(tool)) {
    let value: string | null = null;
    let agent = '';
    for (const message of messages) {
      if (message.role === 'agent') agent = message.text;
      if (message.role === 'caller') value = valueIn(slot, message.text, agent.endsWith(slot.question)) ?? value;
    }
    if (slot.kind === 'name') value = nameIn(texts) ?? value;
    if (slot.kind === 'note') value = texts.at(-1) ?? null;
    if (slot.kind === 'when' || slot.kind === 'day' || slot.kind === 'clock')
      value = texts.map(timeIn).findLast((time) => time !== null) ?? null;
    if (value !== null && value !== '') args[slot.key] = value;
    else if (slot.required) return { ask: slot.question };
  }
  return { args };
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
