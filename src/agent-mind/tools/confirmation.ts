import type { TimeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ToolArgs, ToolResultStatus } from '#engine/contracts/language-model.ts';
import { isReadBack } from './read-back.ts';

/** A tool call of the model; `key` is set if the messages contain its decision already. */
export interface ToolRequest {
  readonly key: string;
  readonly name: string;
  readonly args: ToolArgs;
}

/**
 * Whether the caller has agreed to this very request. It follows from the conversation alone, so that every server
 * decides alike: either the same request was held back, the agent spoke and the caller did not object; or the agent's
 * last words held its values and the caller said yes; or the caller orders the thing outright ("book it"). One
 * agreement is good for one run.
 */
export function isConfirmed(talk: readonly ModelMessage[], request: ToolRequest, zone: TimeZone): boolean {
  // Keys count anew when another server takes a call over: the latest call and the result after it belong together.
  const at = talk.findLastIndex((one) => one.role === 'tool-call' && one.key === request.key);
  const messages = at < 0 ? talk : talk.slice(0, at);
  const exchange = lastExchange(messages);
  if (!exchange) return false;
  const { words, readBack, before, since } = exchange;
  if (objects(words, request.name) || isSpent(since, request)) return false;
  const held = heldBack(before, request);
  if (held && readBack !== '') {
    const answers = textsOf(before.slice(held.at), 'caller');
    if (!answers.some((one) => objects(one, request.name)))
      return agrees(words) || (answers.length === 0 && !isQuestion(words));
  }
  if (agrees(words) && isReadBack(request, readBack, messages, zone)) return true;
  return orders(words);
}

/** The tool result for an unconfirmed call. `would`: what the tool would do, if that can be phrased. */
export function holdBack({ name, args }: Pick<ToolRequest, 'name' | 'args'>, would: string | null): string {
  const values = Object.entries(args)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ');
  return [
    'Not done yet: the caller has to agree first.',
    ...(would === null ? [] : [`It would ${would}.`]),
    `Say what will be done${values === '' ? '' : ` with these values (${values})`} and ask whether that is right.`,
    `Call ${name} again with exactly these values once the caller agrees, and with the new ones if they change something.`,
  ].join(' ');
}

interface Exchange {
  /** The caller's last words and the agent's words before them. */
  readonly words: string;
  readonly readBack: string;
  /** The conversation until the caller's last words, and from them on. */
  readonly before: readonly ModelMessage[];
  readonly since: readonly ModelMessage[];
}

function lastExchange(messages: readonly ModelMessage[]): Exchange | null {
  const end = messages.findLastIndex((one) => one.role === 'caller');
  if (end < 0) return null;
  const agent = messages.slice(0, end).findLastIndex((one) => one.role === 'agent');
  const start = messages.findIndex((one, i) => i > agent && one.role === 'caller');
  const before = messages.slice(0, start);
  const lastCaller = before.findLastIndex((one) => one.role === 'caller');
  return {
    words: textsOf(messages.slice(start, end + 1), 'caller').join(' '),
    readBack: textsOf(before.slice(lastCaller + 1), 'agent').join(' '),
    before,
    since: messages.slice(start),
  };
}

const textsOf = (messages: readonly ModelMessage[], role: 'agent' | 'caller') =>
  messages.flatMap((one) => (one.role === role ? [one.text] : []));

/** The same request among those of this tool that were held back last, all in answer to the same words. */
function heldBack(before: readonly ModelMessage[], { name, args }: ToolRequest): { readonly at: number } | null {
  for (let i = before.length - 1, seen = false; i >= 0; i--) {
    const one = before[i]!;
    if (one.role === 'caller' && seen) return null;
    if (one.role !== 'tool-call' || one.name !== name) continue;
    seen = true;
    if (statusOf(before, i) !== 'unconfirmed') return null;
    if (sameValues(one.args, args)) return { at: i };
  }
  return null;
}

/** Whether it ran after the caller's words and did not surely fail. */
function isSpent(since: readonly ModelMessage[], { name, args }: ToolRequest): boolean {
  return since.some((one, i) => {
    if (one.role !== 'tool-call' || one.name !== name || !sameValues(one.args, args)) return false;
    const status = statusOf(since, i);
    return status !== 'failed' && status !== 'unconfirmed';
  });
}

/** What became of the call at this place; null while it runs. */
function statusOf(messages: readonly ModelMessage[], at: number): ToolResultStatus | null {
  const call = messages[at]!;
  const result = messages
    .slice(at)
    .find((one) => one.role === 'tool-result' && call.role === 'tool-call' && one.key === call.key);
  return result?.role === 'tool-result' ? result.status : null;
}

const sameValues = (one: unknown, other: unknown) => canonical(one) === canonical(other);

/** `4` and `'4'` are the same value: models give either. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(String(value).trim());
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, one]) => `${key}:${canonical(one)}`).join(',')}}`;
}

const LEAD_IN = String.raw`^(?:[\s,.!]|u[mh]+\b|oh\b|well\b|hm+\b|sorry\b|so\b|and\b|please\b)*`;
const YES = new RegExp(
  `${LEAD_IN}(?:yes|yeah|yep|yup|ya|sure|ok|okay|right|correct|exactly|absolutely|definitely|certainly|of course|perfect|great|fine|good|sounds good|that(?:'s| is) (?:right|correct|it|fine|good|great|ok|okay|perfect)|that works|(?:please )?do(?: (?:it|that|so))?|go ahead|go for it|confirm(?:ed)?|i (?:agree|confirm)|no problem|no worries|ja|jawohl|genau|gerne|oui|d'accord|si|sí|claro|sim|da|да|tak|evet|はい|ええ|是|对|好|हाँ|हां|نعم|예|네)(?![\\p{L}])`,
  'iu',
);
const NO = new RegExp(
  `${LEAD_IN}(?:no(?! (?:problem|worries))|nope|nah|not|never|nein|nicht|non|nee|nej|não|нет|ні|nie|hayır|いいえ|いや|不|नहीं|لا|아니)(?![\\p{L}])`,
  'iu',
);
const OBJECTS =
  /\b(?:wait|hold on|stop|never ?mind|forget (?:it|that|about)|not (?:yet|now|sure|right)|wrong|instead|actually|rather|chang(?:e|ed) my mind|(?:don't|do not|dont) (?:do|book|order|send|make|want|need|like|think|know)|but (?:make|not|at|on|with|for|change|can)|make (?:it|that)|moment)\b/i;
const CANCELS = /\b(?:cancel|call it off|leave it)\b/i;
const TOOL_CANCELS = /cancel|delete|remove|stop|terminate|unsubscribe/i;
const QUESTION = /\?\s*$|^(?:what|when|where|which|who|why|how)\b/i;
const ORDER =
  /\b(?:book|reserve|schedule|order|send|make|place|submit|arrange|note|register) (?:it|that|this|them|me in|us in)\b/i;

const agrees = (words: string) => YES.test(words);
const isQuestion = (words: string) => QUESTION.test(words.trim());
const orders = (words: string) => ORDER.test(words) && !isQuestion(words);
const objects = (words: string, tool: string) =>
  NO.test(words) || OBJECTS.test(words) || (CANCELS.test(words) && !TOOL_CANCELS.test(tool));
