/** How a call is to be held: the agent's settings and our limits. Durations in ms. */
export interface TurnPolicy {
  /** null: the agent waits for the caller to begin. */
  readonly firstMessage: string | null;
  /** Left on a voicemail. */
  readonly voicemailMessage: string | null;
  /** Whether the other end may be a machine: only calls that we place are screened. */
  readonly screen: boolean;
  readonly interruptible: boolean;
  /** Wait after a finished clause. */
  readonly endpointMs: number;
  /** Wait after an unfinished clause. */
  readonly unfinishedEndpointMs: number;
  /** Wait between the pieces of a number or a spelling, and after a number that may be whole. */
  readonly piecewiseEndpointMs: number;
  readonly wholeNumberEndpointMs: number;
  /** Time to decide whether a sound interrupts. */
  readonly bargeInMs: number;
  /** A partial unchanged for so long after the end of speech is worth thinking about. */
  readonly stablePartialMs: number;
  readonly finalTimeoutMs: number;
  readonly thinkTimeoutMs: number;
  readonly synthesisTimeoutMs: number;
  readonly toolTimeoutMs: number;
  /** A tool that runs for so long is covered by a word, and again each time it has been silent for so long after one. */
  readonly fillerAfterMs: number;
  readonly fillerAgainMs: number;
  /** A turn in which nothing happens for so long is freed. */
  readonly watchdogMs: number;
  readonly idleMs: number;
  readonly idleLimit: number;
  /** How often a caller who waits for a person is told that it goes on. */
  readonly waitingNoticeMs: number;
  readonly flushMs: number;
  /** After the agent's goodbye the caller may say theirs. */
  readonly farewellMs: number;
  readonly longestFarewellMs: number;
  readonly attempts: number;
  readonly phrases: Phrases;
  /** What callers are expected to say, in plain lower-case words: a beginning of one is not yet all of it. */
  readonly completions: readonly string[];
}

/** Sentences that the engine says of itself, in the call's language. */
export interface Phrases {
  readonly apology: string;
  readonly repeat: string;
  readonly stillThere: string;
  readonly goodbye: string;
  readonly filler: string;
  readonly stillWaiting: string;
  readonly connecting: string;
  readonly allBusy: string;
  /** In place of what no voice can say. */
  readonly otherLanguage: string;
}

export const ENGLISH_PHRASES: Phrases = {
  apology: 'I am sorry, I have a technical problem. Please give me a moment, and say that again.',
  repeat: 'Sorry, I did not catch that. Could you say it again?',
  stillThere: 'Are you still there?',
  goodbye: 'I cannot hear you, so I will end the call now. Goodbye.',
  filler: 'One moment, please.',
  stillWaiting: 'Nobody is free yet. Thank you for waiting.',
  connecting: 'I am connecting you now. One moment, please.',
  otherLanguage: 'I am sorry, I can only speak English on this line.',
  allBusy: 'I am sorry, all lines are busy at the moment. Please call again a little later. Goodbye.',
};

export const DEFAULT_POLICY: TurnPolicy = {
  firstMessage: null,
  voicemailMessage: null,
  screen: false,
  interruptible: true,
  endpointMs: 300,
  unfinishedEndpointMs: 1500,
  piecewiseEndpointMs: 1050,
  wholeNumberEndpointMs: 700,
  bargeInMs: 500,
  stablePartialMs: 150,
  finalTimeoutMs: 1500,
  thinkTimeoutMs: 5000,
  synthesisTimeoutMs: 4000,
  toolTimeoutMs: 20_000,
  fillerAfterMs: 900,
  fillerAgainMs: 9000,
  watchdogMs: 12_000,
  idleMs: 9000,
  idleLimit: 2,
  waitingNoticeMs: 45_000,
  flushMs: 1000,
  farewellMs: 1800,
  longestFarewellMs: 6000,
  attempts: 2,
  phrases: ENGLISH_PHRASES,
  completions: [],
};

/** An unfinished clause never holds the line longer than this. */
export const LONGEST_ENDPOINT_MS = 2500;
