import type { UsageLine } from '../usage/usage.ts';

/** One line of a talk. */
export interface Line {
  readonly role: 'agent' | 'caller';
  readonly text: string;
}

export const SENTIMENTS = ['positive', 'neutral', 'negative'] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

/** How a conversation went for the person. */
export interface Judgement {
  readonly sentiment: Sentiment;
  /** -1 to 1; above 0 is positive. */
  readonly sentimentScore: number;
  /** What the person was after, in snake case: `schedule_appointment`, `not_interested`. */
  readonly intent: string;
  /** 0 to 1. */
  readonly intentConfidence: number;
  /** The person agreed to what was offered. */
  readonly converted: boolean;
}

/** What a conversation revealed about the person, and how it went. */
export interface Analysis {
  /** Null where nothing was said. */
  readonly summary: string | null;
  readonly topics: readonly string[];
  /** Among them `name`, `language`, and what they want: `wants`. */
  readonly preferences: Readonly<Record<string, string>>;
  /** Null if the person said nothing. */
  readonly judgement: Judgement | null;
  /** What the models used that were asked, also in vain. */
  readonly used?: readonly UsageLine[];
}

export interface Analyst {
  readonly id: string;
  /** @throws Error if the analysis fails */
  analyse(lines: readonly Line[]): Promise<Analysis>;
}
