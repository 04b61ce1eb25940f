import type {
  CallPhase,
  ModelMessage,
  ModelRequest,
  ToolArgs,
  ToolDefinition,
} from '#engine/contracts/language-model.ts';
import { timeZone, type TimeZone } from '#core/kernel/locale.ts';
import { spokenWords } from '../speech/text.ts';
import { Known } from './recollection.ts';
import { readPrompt, type PromptScript } from './prompt-script.ts';

/** What to say and do next. */
export interface Reply {
  readonly text: string;
  readonly phase: CallPhase;
  readonly tool?: { readonly name: string; readonly args: ToolArgs };
}

/** Tools that the rules know how to use; each is used only where the agent has it. */
export const TRANSFER = 'transfer_to_human';
export const CALLBACK = 'take_callback';
export const DO_NOT_CALL = 'do_not_call';
export const BOOK = 'book_slot';
export const CANCEL = 'cancel_slot';
export const MOVE = 'move_slot';
export const END_CALL = 'end_call';
const LOOK_UP = 'look_up_knowledge';
const OURS = new Set([TRANSFER, CALLBACK, DO_NOT_CALL, BOOK, CANCEL, MOVE, END_CALL, LOOK_UP]);

function lastInstruction(messages: readonly ModelMessage[]): Talk['instruction'] {
  const at = messages.findLastIndex(({ role }) => role === 'instruction');
  const found = messages[at];
  if (found?.role !== 'instruction') return null;
  const since = messages.slice(at).flatMap((one) => (one.role === 'agent' ? [one.text] : []));
  return { text: found.text, saidSince: since.join(' ') };
}

/** A conversation as it stands: the only state there is. */
export class Talk {
  readonly script: PromptScript;
  readonly known: Known;
  readonly messages: readonly ModelMessage[];
  /** What a supervisor told the agent last, and what the agent has said since. */
  readonly instruction: { readonly text: string; readonly saidSince: string } | null;
  readonly tools: ReadonlyMap<string, ToolDefinition>;
  /** Tools that are no part of this model. */
  readonly others: readonly ToolDefinition[];
  readonly now: { readonly at: Date; readonly timeZone: TimeZone };
  readonly lastAgent: string;
  /** What the caller said since the agent was heard. */
  readonly caller: string;
  /** And what they said before that. */
  readonly before: string;
  /** What a human colleague told the caller. */
  readonly colleagueSaid: readonly string[];
  readonly #agentSaid: string;

  constructor(request: ModelRequest) {
    this.script = readPrompt(request.prompt);
    this.known = new Known(request.notes ?? []);
    this.messages = request.messages.filter(({ role }) => role !== 'instruction');
    this.instruction = lastInstruction(request.messages);
    this.tools = new Map(request.tools.map((tool) => [tool.name, tool]));
    this.others = request.tools.filter((tool) => !OURS.has(tool.name));
    this.now = request.now ?? { at: new Date(), timeZone: timeZone('UTC') };
    const agentTexts = request.messages.flatMap((one) => (one.role === 'agent' ? [one.text] : []));
    this.#agentSaid = plain(agentTexts.join(' '));
    this.colleagueSaid = request.messages.flatMap((one) =>
      one.role === 'overheard' && one.by === 'colleague' ? [one.text] : [],
    );
    this.lastAgent = agentTexts.at(-1) ?? '';
    this.caller = callerSince(request.messages);
    const said = request.messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));
    this.before = said.slice(0, -1).at(-1) ?? '';
  }

  /** 0 is Sunday. */
  get weekday(): number {
    const name = this.now.at.toLocaleDateString('en-US', { timeZone: this.now.timeZone, weekday: 'short' });
    return ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(name);
  }

  get turns(): number {
    return this.messages.filter((one) => one.role === 'agent').length;
  }

  get goodbye(): string {
    return this.script.goodbye ?? 'Thank you for your time. Goodbye.';
  }

  /** Whether the caller has heard it: its last words are enough, for the start may have been interrupted away. */
  asked(text: string): boolean {
    return this.#agentSaid.includes(spokenWords(text).slice(-4).join(' '));
  }

  saidBefore(text: string): boolean {
    return this.#agentSaid.includes(plain(text));
  }

  /** Whether a tool of this name was used and did what it should. */
  did(name: string): boolean {
    return this.messages.some((one) => one.role === 'tool-result' && one.name === name && one.status === 'ok');
  }
}

export const plain = (text: string) => spokenWords(text).join(' ');

/** Everything that the caller said since the agent was last heard. */
export function callerSince(messages: readonly ModelMessage[]): string {
  const texts: string[] = [];
  for (const one of messages.toReversed()) {
    if (one.role === 'agent') break;
    if (one.role === 'caller') texts.unshift(one.text);
  }
  return texts.join(' ');
}
