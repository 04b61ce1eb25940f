import type { AiAgent } from '../ai-agents/ai-agent.ts';
import type { Analysis } from '../memory/analyst.ts';
import type { Conversation, Message } from './conversation.ts';
import type { NewMessage } from './conversation-store.ts';

/** What an agent is to answer in writing. */
export interface TextTurn {
  readonly agent: AiAgent;
  readonly conversation: Pick<Conversation, 'id' | 'organizationId'>;
  readonly personId: number | null;
  /** Where the person is called by number. */
  readonly number: string | null;
  /** All that was written and done so far; the person's words last. */
  readonly messages: readonly Message[];
  readonly temperature: number | null;
  /** What is delivered, piece by piece. */
  readonly onText: (text: string) => void;
  /** Aborted: nobody reads any further. */
  readonly signal: AbortSignal | null;
  /** What a tool was asked and what became of it. */
  readonly onTool: (message: Pick<NewMessage, 'role' | 'content' | 'detail'>) => Promise<void>;
}

/** What an agent of type `input` reads out of a message. */
export interface Understood {
  readonly intent: string;
  readonly entities: Readonly<Record<string, string>>;
}

export interface TextAnswer {
  /** What was delivered. */
  readonly text: string;
  /** What really answered: the agent's model, or whatever took its place. */
  readonly model: string;
  readonly tokens: number;
  /** Documents that it was taken from. */
  readonly sources: readonly object[];
  /** Null for agents of other types. */
  readonly understood: Understood | null;
  /** Nobody read it to its end. */
  readonly interrupted: boolean;
}

/** How agents answer in writing, with the same tools, documents and helpers as on the telephone. */
export interface TextDialogue {
  /** Runs work when it is its turn in a talk: one answer at a time, on all servers. @throws AppError conflict when others take too long */
  inTurn<T>(conversationId: number, work: () => Promise<T>): Promise<T>;
  /** @throws AppError upstream-failed when no model answers */
  answer(turn: TextTurn): Promise<TextAnswer>;
  /** What a talk told of the person: at once by rules; `thoroughly`, by the agent's memory helper where it has one with a model. */
  analyse(agent: AiAgent | null, messages: readonly Message[], thoroughly: boolean): Promise<Analysis>;
}
