/** The agent's settings and the engine's limits for a call. Durations in ms. */
export interface TurnPolicy {
  /** null: the agent waits for the caller to begin. */
  readonly firstMessage: string | null;
  /** Left on a voicemail. */
  readonly voicemailMessage: string | null;
  /** False: a voicemail hears nothing. */
  readonly leavesMessage: boolean;
  /** Whether to detect answering machines; set for outbound calls. */
  readonly screen: boolean;
  readonly interruptible: boolean;
  /** Wait after a finished clause. */
  readonly endpointMs: number;
  /** Wait after an unfinished clause. */
  readonly unfinishedEndpointMs: number;
  /** Wait between the pieces of a number or a spelling, and after a number that may be whole. */
  readonly piecewiseEndpointMs: number;
  readonly wholeNumberEndpointMs: number;
  /** Wait after the first digits or letters of the number or the spelling that the agent has asked for. */
  readonly begunEndpointMs: number;
  /** Time to decide whether a sound interrupts. */
  readonly bargeInMs: number;
  /** Whether the answer begins before the caller's turn has surely ended. */
  readonly speculates: boolean;
  /** The first clause of an answer may end at a comma after so many letters; null: with its sentence. */
  readonly firstClauseLetters: number | null;
  /** Without an answer this long after the caller's last word, the agent says opening words; null: it does not. */
  readonly openingAfterMs: number | null;
  /** A partial unchanged for this long after the end of speech starts a speculative answer. */
  readonly stablePartialMs: number;
  readonly finalTimeoutMs: number;
  readonly thinkTimeoutMs: number;
  readonly synthesisTimeoutMs: number;
  readonly toolTimeoutMs: number;
  /** The agent fills the wait for a tool after this time, and again after each such silence. */
  readonly fillerAfterMs: number;
  readonly fillerAgainMs: number;
  /** The watchdog frees a turn without progress for this long. */
  readonly watchdogMs: number;
  readonly idleMs: number;
  readonly idleLimit: number;
  /** Interval of the notices to a caller who waits for a human agent. */
  readonly waitingNoticeMs: number;
  readonly flushMs: number;
  /** Time for the caller's goodbye after the agent's. */
  readonly farewellMs: number;
  readonly longestFarewellMs: number;
  readonly attempts: number;
  readonly phrases: Phrases;
  /** Expected phrases in lower case; while a caller has said only the beginning of one, the turn goes on. */
  readonly completions: readonly string[];
}

/** Sentences that the engine itself speaks, in the call's language. */
export interface Phrases {
  readonly apology: string;
  readonly repeat: string;
  readonly stillThere: string;
  readonly goodbye: string;
  readonly filler: string;
  /** Said in turn while the answer is late. */
  readonly openings: readonly string[];
  readonly stillWaiting: string;
  readonly connecting: string;
  readonly allBusy: string;
  /** The call nears its longest duration. */
  readonly endsSoon: string;
  readonly timeIsUp: string;
  /** Replaces text in a language that no voice supports. */
  readonly otherLanguage: string;
}

export const ENGLISH_PHRASES: Phrases = {
  apology: 'I am sorry, I have a technical problem. Please give me a moment, and say that again.',
  repeat: 'Sorry, I did not catch that. Could you say it again?',
  stillThere: 'Are you still there?',
  goodbye: 'I cannot hear you, so I will end the call now. Goodbye.',
  filler: 'One moment, please.',
  openings: ['Let me see.', 'Just a second.', 'Let me check.'],
  stillWaiting: 'Nobody is free yet. Thank you for waiting.',
  connecting: 'I am connecting you now. One moment, please.',
  endsSoon: 'I have to end this call shortly.',
  timeIsUp: 'I am sorry, I have to end the call now. Thank you, and goodbye.',
  otherLanguage: 'I am sorry, I can only speak English on this line.',
  allBusy: 'I am sorry, all lines are busy at the moment. Please call again a little later. Goodbye.',
};

export const DEFAULT_POLICY: TurnPolicy = {
  firstMessage: null,
  voicemailMessage: null,
  leavesMessage: true,
  screen: false,
  interruptible: true,
  endpointMs: 300,
  unfinishedEndpointMs: 1500,
  piecewiseEndpointMs: 1050,
  wholeNumberEndpointMs: 700,
  begunEndpointMs: 1200,
  bargeInMs: 500,
  speculates: true,
  firstClauseLetters: 40,
  openingAfterMs: null,
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

/** The longest endpoint wait. */
export const LONGEST_ENDPOINT_MS = 2500;
