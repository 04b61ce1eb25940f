import type { AiAgent } from '../ai-agents/ai-agent.ts';
import type { Analysis } from '../memory/analyst.ts';
import type { Conversation } from './conversation.ts';
import type { Entry, NewMessage } from './entry.ts';

/** The input of an agent's answer in text. */
export interface TextTurn {
  readonly agent: AiAgent;
  readonly conversation: Pick<Conversation, 'id' | 'organizationId'>;
  readonly personId: number | null;
  /** The person's phone number. */
  readonly number: string | null;
  /** All messages so far; the person's new message is the last. */
  readonly messages: readonly Entry[];
  readonly temperature: number | null;
  /** Receives the answer as it is generated. */
  readonly onText: (text: string) => void;
  /** Aborted when the client stops reading. */
  readonly signal: AbortSignal | null;
  /** Stores a tool execution with its result. */
  readonly onTool: (message: Pick<NewMessage, 'role' | 'text' | 'detail'>) => Promise<void>;
  /** Tools are offered and not executed: the first calls of them end the answer. */
  readonly isRehearsal?: true;
}

/** What an agent of type `input` extracts from a message. */
export interface Understood {
  readonly intent: string;
  readonly entities: Readonly<Record<string, string>>;
}

export interface TextAnswer {
  /** The delivered text. */
  readonly text: string;
  /** The model that really answered: the agent's own or a fallback. */
  readonly model: string;
  readonly tokens: number;
  /** The source documents of the answer. */
  readonly sources: readonly object[];
  /** Null for agents of other types. */
  readonly understood: Understood | null;
  /** The client stopped reading before the end. */
  readonly interrupted: boolean;
  /** Of a rehearsal: the tools that the agent wants to call. */
  readonly rehearsedCalls?: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
}

/** Answers of agents in text, with the same tools, documents and helpers as on calls. */
export interface TextDialogue {
  /**
   * Runs the work of one conversation one after another, over all servers. @throws AppError conflict if earlier work
   * takes too long
   */
  inTurn<T>(conversationId: number, work: () => Promise<T>): Promise<T>;
  /** @throws AppError upstream-failed when no model answers */
  answer(turn: TextTurn): Promise<TextAnswer>;
  /**
   * Analyses what the person said: by rules at once, or `thoroughly` by the agent's memory helper if it has a model.
   */
  analyse(agent: AiAgent | null, messages: readonly Entry[], thoroughly: boolean): Promise<Analysis>;
  /** Analyses a call: by the agent's memory helper, else by its own model, else by rules. */
  analyseCall(agent: AiAgent | null, messages: readonly Entry[]): Promise<Analysis>;
}
