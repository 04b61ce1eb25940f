import type { CallPhase, ExpectedAnswer, ToolArgs, ToolResultStatus } from '../contracts/language-model.ts';

/**
 * Everything the turn machine knows about a call, as plain data: it survives JSON between any two events, so that
 * another server can go on with it. Times are milliseconds of the call's own clock, audio positions are samples at 8
 * kHz.
 */
export interface TurnState {
  readonly v: 1;
  nowMs: number;
  phase: 'waiting' | 'screening' | 'talking' | 'closing' | 'ended';
  nextId: number;
  caller: CallerState;
  turn: AgentTurn | null;
  /** The agent is paused by a sound of the caller; whether it interrupts is undecided. */
  hold: Hold | null;
  tools: ToolRun[];
  /** The ledger of what was said and done, in the order heard; model, transcript and webhooks read it. */
  ledger: readonly LedgerItem[];
  idle: { sinceMs: number | null; asked: number; waitingForHuman: boolean };
  screening: ScreeningState | null;
  /** Until then a verdict of "person" can still change to "machine"; 0: the verdict is final. */
  doubtUntilMs: number;
  dialogue: { phase: CallPhase; expects: ExpectedAnswer };
  /** A human agent has the caller: the AI agent neither listens nor speaks. Left out in states of earlier versions. */
  away?: boolean;
  /** Set while the media connection is broken: the call ends then unless it comes back. */
  lostUntilMs: number | null;
  closing: { reason: string; deadlineMs: number } | null;
  /**
   * The agent has said goodbye: it hangs up at `atMs`, or a little later when the caller is just saying goodbye too.
   */
  leaving: { reason: string; atMs: number; latestMs: number } | null;
  /** How often the watchdog had to free a turn that did nothing. */
  recovered: number;
  /** Turns in a row that ended without a sound although the caller waited. */
  muteTurns: number;
}

export interface CallerState {
  speaking: boolean;
  /** Number of the current or the last utterance; 0 before the first. */
  utterance: number;
  onsetMs: number;
  /** End of the last speech, found inside the voice-activity window. */
  endMs: number | null;
  /** Revisable text of the current utterance. */
  partial: string;
  /** Whether the current utterance has had a final while voice activity still holds. */
  finalEarly: boolean;
  /** Utterances that ended and whose final text is awaited. */
  pending: PendingUtterance[];
  /** Final text that no turn has answered yet, and its utterances. */
  text: string;
  parts: { utterance: number; text: string; confidence: number | null }[];
  /** Part of it was written, so no endpoint wait applies. */
  written: boolean;
  textStartMs: number;
  /** When the last final text came. */
  finalMs: number | null;
  /** The turn that answers the caller's text has not been heard yet. */
  owed: boolean;
  /** Speech too long to be noise got no transcript. */
  unclear: boolean;
  digits: string;
  /** The caller may be starting to speak: the agent does not begin before this. */
  suspectedUntilMs: number;
}

export interface PendingUtterance {
  utterance: number;
  endMs: number;
  lengthMs: number;
  partial: string;
  partialMs: number;
  deadlineMs: number;
}

export interface Hold {
  sinceMs: number;
  /** Set until playout reports how much was heard before the pause; the decision waits for it. */
  fresh: boolean;
  decideAtMs: number;
  /** Length of the speech without its gaps, and the end of its last part. */
  voicedMs: number;
  voicedAtMs: number;
}

export type TurnKind = 'first' | 'reply' | 'repeat' | 'idle' | 'tool' | 'notice' | 'voicemail';

export interface AgentTurn {
  id: number;
  kind: TurnKind;
  /** Speculative: nothing of the turn may leave the machine until it is committed. */
  speculative: boolean;
  /** The caller's words it answers. */
  basis: string;
  /** The current model run; parts of older runs are ignored. */
  generation: number;
  attempt: number;
  thinking: 'none' | 'running' | 'done';
  thinkDeadlineMs: number | null;
  /** Phase and expected answer from the model; applied when the turn is committed. */
  dialogue: { phase: CallPhase; expects: ExpectedAnswer } | null;
  responded: boolean;
  /** Tool calls requested while the turn was speculative. */
  asked: { name: string; args: ToolArgs }[];
  /** Keys of tools whose results this turn waits for. */
  awaiting: string[];
  apologised: boolean;
  segments: Segment[];
  interruptible: boolean;
  /** The call is hung up with this reason once the turn has been heard. */
  endsCall: string | null;
  startedMs: number;
  /** Deadline of the watchdog; progress of the turn extends it. */
  watchMs: number;
  timing: TurnTiming;
}

export interface Segment {
  id: number;
  text: string;
  /** Opening words, said because the answer was late; not part of the answer. */
  opening?: boolean;
  status: 'waiting' | 'synthesizing' | 'ready' | 'failed';
  attempt: number;
  deadlineMs: number | null;
  released: boolean;
  started: boolean;
  finished: boolean;
  /** Length once synthesis is complete. */
  samples: number | null;
  heardSamples: number;
  estimated: boolean;
  /** Words and the sample each ends at; empty until synthesis is complete. */
  words: { text: string; endSample: number }[];
}

/** Instants of one turn, for its latency waterfall. */
export interface TurnTiming {
  endOfSpeechMs: number | null;
  finalMs: number | null;
  committedMs: number | null;
  firstClauseMs: number | null;
  firstAudioMs: number | null;
  firstFrameMs: number | null;
}

export interface ToolRun {
  key: string;
  turn: number;
  name: string;
  args: ToolArgs;
  status: 'running' | ToolResultStatus;
  fillAtMs: number;
  deadlineMs: number;
  /** The turn that speaks about the result; null until one does. */
  toldBy: number | null;
}

export type LedgerItem =
  | {
      readonly role: 'caller';
      readonly text: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly backchannel: boolean;
      readonly confidence: number | null;
      readonly written?: true;
    }
  | Overheard
  /** A supervisor's words to the AI agent. */
  | { readonly role: 'instruction'; readonly userId: number; readonly text: string; readonly atMs: number }
  | {
      readonly role: 'agent';
      readonly turn: number;
      readonly kind: TurnKind;
      readonly text: string;
      readonly intended: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly heardMs: number;
      readonly interrupted: boolean;
      readonly estimated: boolean;
      readonly timing: TurnTiming;
    }
  | {
      readonly role: 'tool-call';
      readonly key: string;
      readonly name: string;
      readonly args: ToolArgs;
      readonly atMs: number;
    }
  | {
      readonly role: 'tool-result';
      readonly key: string;
      readonly name: string;
      readonly status: ToolResultStatus;
      readonly output: string;
      readonly atMs: number;
    };

/** What a human agent and the caller said to each other while the AI agent stood aside. */
export interface Overheard {
  readonly role: 'overheard';
  /** The human agent or supervisor who said it; null: the caller. */
  readonly userId: number | null;
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence: number | null;
}

export interface ScreeningState {
  deadlineMs: number;
  /** Speech heard since the answer, ms, without the pauses. */
  speechMs: number;
  text: string;
  verdict: 'unknown' | 'machine';
  /** A tone is sounding; the agent does not speak over it. */
  tone: boolean;
  /** When the voicemail message starts without a beep. */
  leaveAtMs: number | null;
  /** The carrier reported a machine. */
  hinted: boolean;
}

export function initialState(): TurnState {
  return {
    v: 1,
    nowMs: 0,
    phase: 'waiting',
    nextId: 1,
    caller: {
      speaking: false,
      utterance: 0,
      onsetMs: 0,
      endMs: null,
      partial: '',
      finalEarly: false,
      pending: [],
      text: '',
      parts: [],
      written: false,
      textStartMs: 0,
      finalMs: null,
      owed: false,
      unclear: false,
      digits: '',
      suspectedUntilMs: 0,
    },
    turn: null,
    hold: null,
    tools: [],
    ledger: [],
    idle: { sinceMs: null, asked: 0, waitingForHuman: false },
    screening: null,
    doubtUntilMs: 0,
    dialogue: { phase: 'GREETING', expects: 'open' },
    lostUntilMs: null,
    closing: null,
    leaving: null,
    recovered: 0,
    muteTurns: 0,
  };
}

/** A copy that can be changed safely. The ledger and finished tools are shared, because they are only ever replaced. */
export function draftOf(state: TurnState): TurnState {
  const { caller, turn } = state;
  return {
    ...state,
    caller: {
      ...caller,
      parts: caller.parts.map((one) => ({ ...one })),
      pending: caller.pending.map((one) => ({ ...one })),
    },
    turn: turn && {
      ...turn,
      dialogue: turn.dialogue && { ...turn.dialogue },
      asked: [...turn.asked],
      awaiting: [...turn.awaiting],
      segments: turn.segments.map((one) => ({ ...one })),
      timing: { ...turn.timing },
    },
    hold: state.hold && { ...state.hold },
    tools: state.tools.map((one) => ({ ...one })),
    idle: { ...state.idle },
    screening: state.screening && { ...state.screening },
    dialogue: { ...state.dialogue },
    closing: state.closing && { ...state.closing },
    leaving: state.leaving && { ...state.leaving },
  };
}
