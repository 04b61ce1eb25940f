import type { ModelMessage, ToolDefinition } from '#engine/contracts/language-model.ts';
import { nameIn } from '../analysis/names.ts';
import { timeIn } from './intents.ts';
import { wordsInCommon } from './prompt-script.ts';

/** Which of the agent's own tools a rule-based model uses when, and with what. */

const BOOKING = /\b(book|schedul|appoint|reserv|meeting|demo)/;
/** A tool whose words the caller used so many of is what they ask for. */
const ENOUGH_WORDS = 2;

const wordsOfTool = (tool: ToolDefinition) =>
  `${tool.name.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, ' ')} ${tool.description}`.toLowerCase();

export function bookingTool(tools: readonly ToolDefinition[]): ToolDefinition | null {
  return tools.find((tool) => BOOKING.test(wordsOfTool(tool))) ?? null;
}

/** The tool that the caller's words ask for, or null. Bookings have their own moment. */
export function toolAskedFor(tools: readonly ToolDefinition[], caller: string): ToolDefinition | null {
  let best: ToolDefinition | null = null;
  let most = ENOUGH_WORDS - 1;
  for (const tool of tools) {
    const shared = BOOKING.test(wordsOfTool(tool)) ? 0 : wordsInCommon(caller, wordsOfTool(tool));
    if (shared > most) [best, most] = [tool, shared];
  }
  return best;
}

/** What to call a tool with, or what to ask first. */
export type Filled = { readonly args: Readonly<Record<string, string>> } | { readonly ask: string };

/** Values for a tool's parameters from what was said; a required one that nobody has named is asked for, once. */
export function fillIn(tool: ToolDefinition, messages: readonly ModelMessage[]): Filled {
  const args: Record<string, string> = {};
  for (const [name, { required }] of Object.entries(tool.parameters)) {
    const question = questionFor(name);
    const value = valueOf(name, messages) ?? answerTo(question, messages);
    if (value !== null) args[name] = value;
    else if (required) return { ask: question };
  }
  return { args };
}

const questionFor = (param: string): string =>
  /name/.test(param) ? 'May I have your name, please?' : `What is the ${param.replaceAll(/[_.-]/g, ' ')}?`;

const callerTexts = (messages: readonly ModelMessage[]): string[] =>
  messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));

/** What the caller said after the agent asked this; as it was said. */
function answerTo(question: string, messages: readonly ModelMessage[]): string | null {
  const asked = messages.findIndex((one) => one.role === 'agent' && one.text.includes(question));
  if (asked < 0) return null;
  const answer = messages.slice(asked + 1).find((one) => one.role === 'caller');
  return answer?.text ?? null;
}

function valueOf(param: string, messages: readonly ModelMessage[]): string | null {
  const texts = callerTexts(messages);
  const last = texts.at(-1) ?? '';
  const lastTime = texts.map(timeIn).findLast((time) => time !== null) ?? null;
  const name = param.toLowerCase();
  if (/when|datetime|slot/.test(name)) return lastTime;
  if (/date|day/.test(name))
    return lastTime === null ? null : lastTime.split(/\b(?:at|around) /, 1)[0]!.trim() || lastTime;
  if (/time|hour/.test(name)) return lastTime === null ? null : timeOf(lastTime);
  if (/name/.test(name)) return nameIn(texts);
  if (/phone|number|digits/.test(name))
    return texts.map((text) => text.replaceAll(/[^\d+]/g, '')).findLast((digits) => digits.length >= 3) ?? null;
  if (/note|reason|query|question|text|message|topic|summary|search|subject|request|about/.test(name))
    return last === '' ? null : last;
  return null;
}

function timeOf(said: string): string {
  const at = /\b(?:at|around) /.exec(said);
  return at ? said.slice(at.index + at[0].length) : said;
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
