import type { Voice } from './voices.ts';

export const LINES = ['clean to 20 dB', '10 dB', 'babble', 'television'] as const;
/** What kind of line: the first is what the figures are promised for, the others are stated. */
export type Line = (typeof LINES)[number];

/** When the caller's part begins. */
export type Cue = { readonly after: 'answer' | 'agent-starts' | 'agent-ends'; readonly ms: number };

/** A word of the caller's, from the beginning of their part. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

export type Expected =
  /** During the agent's speech: is it an interruption? */
  | { readonly kind: 'stop' | 'no-stop' }
  /** The caller's turn: answered once, after its end. */
  | { readonly kind: 'turn' }
  /** Who answered; a message is left after `fromMs` of the caller's part. */
  | { readonly kind: 'human' | 'machine' | 'talk'; readonly fromMs: number };

/** A case by name; its audio is made when it is wanted, since all of it together would not fit into memory. */
export interface CasePlan {
  readonly name: string;
  readonly kind: string;
  readonly line: Line;
  readonly heldBack: boolean;
  readonly build: () => Case;
}

export interface Case {
  readonly agentSays: string;
  readonly agentVoice: Voice;
  readonly cue: Cue;
  readonly audio: Int16Array;
  readonly words: readonly TimedWord[];
  /** Last sample of what was said or sounded, ms from the beginning of the caller's part. */
  readonly endMs: number;
  /** Under the whole call, looped. */
  readonly ambience: Int16Array | null;
  readonly echo: { readonly gain: number; readonly delayMs: number } | null;
  readonly packetLoss: number;
  readonly seed: number;
  readonly expected: Expected;
}

/** The caller's part: audio, and the words in it. */
export interface Part {
  readonly audio: Int16Array;
  readonly words: readonly TimedWord[];
  readonly endMs: number;
}
