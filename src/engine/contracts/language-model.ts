import type { TimeZone } from '#core/kernel/locale.ts';
import type { Failure, ProviderRun } from './failure.ts';

/** One line of the conversation as the model sees it. What the agent said is what the caller heard. */
export type ModelMessage =
  | { readonly role: 'agent'; readonly text: string; readonly interrupted?: boolean }
  | { readonly role: 'caller'; readonly text: string }
  /** What a human colleague and the caller said to each other while the agent did not have the caller. */
  | { readonly role: 'overheard'; readonly by: 'colleague' | 'caller'; readonly text: string }
  /** What a supervisor tells the agent, unheard by the caller: it applies from then on and is never quoted. */
  | { readonly role: 'instruction'; readonly text: string }
  | {
      readonly role: 'tool-call';
      readonly key: string;
      readonly name: string;
      readonly args: ToolArgs;
    }
  | {
      readonly role: 'tool-result';
      readonly key: string;
      readonly name: string;
      readonly output: string;
      readonly status: ToolResultStatus;
    };

/** `unknown`: no answer came, so the tool may have run. `unconfirmed`: it did not run, the caller must agree first. */
export type ToolResultStatus = 'ok' | 'failed' | 'unknown' | 'unconfirmed';

/** Values of a tool's parameters, as JSON. */
export type ToolArgs = Readonly<Record<string, unknown>>;

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>;
  /** The tool changes data: the agent says what it will do, and the caller must agree before it runs. */
  readonly confirm?: boolean;
  /** JSON schema of the parameters if they are not plain texts; passed to models unchanged. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  /** The agent's prompt with the call's variables filled in. */
  readonly prompt: string;
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ToolDefinition[];
  /** What the agent's documents say about the caller's last words, best first. */
  readonly knowledge?: readonly KnowledgePassage[];
  /** What is known about the person and about their last words, one line each. */
  readonly notes?: readonly string[];
  /** The instant of this turn and the organization's zone. */
  readonly now?: { readonly at: Date; readonly timeZone: TimeZone };
  /** Default: spoken. */
  readonly medium?: Medium;
  /** The task; default: an answer. Large models follow the prompt alone; rule-based ones need the task. */
  readonly job?: ModelJob;
  /** 0 to 2. */
  readonly temperature?: number;
  readonly maxTokens?: number;
  /** The first answer to the caller's words on this turn: it may be asked for twice at once. */
  readonly mayHedge?: boolean;
  readonly working: (budgetMs: number) => () => void;
}

export type Medium = 'voice' | 'text';

/**
 * Answer the caller; name the caller's intent; store and recall facts about the person; turn text into spoken words.
 */
export type ModelJob = 'talk' | 'understand' | 'remember' | 'phrase';

export interface KnowledgePassage {
  /** Which document, and where in it. */
  readonly source: string;
  readonly text: string;
}

export type CallPhase = 'GREETING' | 'DISCOVERY' | 'PRESENTATION' | 'OBJECTIONS' | 'CLOSING';

/** What kind of answer the agent's words ask for; endpointing waits longer for digits and spelling. */
export type ExpectedAnswer = 'open' | 'yes-no' | 'number' | 'name' | 'time';

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool-call'; readonly name: string; readonly args: ToolArgs }
  /** The phase of the conversation and the expected answers; optional. */
  | {
      readonly type: 'dialogue';
      readonly phase: CallPhase;
      readonly expects: ExpectedAnswer;
      readonly phrases: readonly string[];
    }
  /** `usage` in tokens, where the vendor counts them. */
  | { readonly type: 'done'; readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } }
  | Failure;

export interface LanguageModel {
  readonly id: string;
  /** The model answers by rules; the stand-in without a vendor. */
  readonly byRules?: true;
  /** An aborted request ends at the vendor too, and its load does not slow down other requests. */
  readonly cancels?: boolean;
  /** Parts until `done` or `error`, none after `abort`. */
  generate(request: ModelRequest, onPart: (part: ModelPart) => void): ProviderRun;
}
