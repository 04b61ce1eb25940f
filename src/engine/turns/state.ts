import type { CallPhase, ExpectedAnswer, ToolArgs, ToolResultStatus } from '../contracts/language-model.ts';

/**
 * Everything the turn machine knows about a call, as plain data: it survives JSON between any two events, so that
 * another server can go on with it. Times are milliseconds of the call's own clock, audio positions are samples at 8 kHz.
 */
export interface TurnState {
  readonly v: 1;
  nowMs: number;
  phase: 'waiting' | 'screening' | 'talking' | 'closing' | 'ended';
  nextId: number;
  caller: CallerState;
  turn: AgentTurn | null;
  /** The agent is paused because the caller made a sound, and it is not decided yet whether that interrupts. */
  hold: Hold | null;
  tools: ToolRun[];
  /** What was said and done so far, in the order heard: the one record that model, transcript and webhooks read. */
  ledger: readonly LedgerItem[];
  idle: { sinceMs: number | null; asked: number; waitingForHuman: boolean };
  screening: ScreeningState | null;
  /** Whoever was taken for a person may still turn out to be a machine until then; 0: that is settled. */
  doubtUntilMs: number;
  dialogue: { phase: CallPhase; expects: ExpectedAnswer };
  /** Set while the media connection is broken: the call ends then unless it comes back. */
  lostUntilMs: number | null;
  closing: { reason: string; deadlineMs: number } | null;
  /** The agent has said goodbye: it hangs up at `atMs`, or a little later when the caller is just saying goodbye too. */
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
  /** Final text that no turn has taken up yet, and the utterances it came from. */
  text: string;
  parts: { utterance: number; text: string; confidence: number | null }[];
  /** Some of it was written: nothing more is waited for. */
  written: boolean;
  textStartMs: number;
  /** When the last final text came. */
  finalMs: number | null;
  /** Text was taken up by a turn of which the caller has heard nothing yet. */
  owed: boolean;
  /** Speech went by that nobody understood, and it was too long to be a noise. */
  unclear: boolean;
  digits: string;
  /** The caller may be starting to speak: the turn is not taken before this. */
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
  /** Set while nobody has said yet how much had been heard at the pause: only then may be decided. */
  fresh: boolean;
  decideAtMs: number;
  /** Speech heard since its onset, without the gaps, and the end of the last of it. */
  voicedMs: number;
  voicedAtMs: number;
}

export type TurnKind = 'first' | 'reply' | 'repeat' | 'idle' | 'tool' | 'notice' | 'voicemail';

export interface AgentTurn {
  id: number;
  kind: TurnKind;
  /** Sealed: nothing of it may leave the machine until it is committed. */
  speculative: boolean;
  /** The caller's words it answers. */
  basis: string;
  /** Which run of the model feeds it; parts of older runs are ignored. */
  generation: number;
  attempt: number;
  thinking: 'none' | 'running' | 'done';
  thinkDeadlineMs: number | null;
  /** Where the model says the talk stands; counts once the turn is committed. */
  dialogue: { phase: CallPhase; expects: ExpectedAnswer } | null;
  responded: boolean;
  /** Tools the model asked for while the turn was sealed. */
  asked: { name: string; args: ToolArgs }[];
  /** Keys of tools whose results this turn waits for. */
  awaiting: string[];
  apologised: boolean;
  segments: Segment[];
  interruptible: boolean;
  /** The call is hung up with this reason once the turn has been heard. */
  endsCall: string | null;
  startedMs: number;
  /** The watchdog's limit: something of the turn must happen before. */
  watchMs: number;
  timing: TurnTiming;
}

export interface Segment {
  id: number;
  text: string;
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
  output: string;
  /** The turn that was given the result to speak; null while nobody has spoken of it. */
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

export interface ScreeningState {
  deadlineMs: number;
  /** Speech heard since the answer, ms, without the pauses. */
  speechMs: number;
  text: string;
  verdict: 'unknown' | 'machine';
  /** A tone is sounding: nobody speaks over the beep. */
  tone: boolean;
  /** When the voicemail message is left although no beep came. */
  leaveAtMs: number | null;
  /** The carrier takes the other end for a machine. */
  hinted: boolean;
}

/** `before`: a conversation that another server began and this one goes on with. */
export function initialState(
  before: { readonly ledger: readonly LedgerItem[]; readonly phase: CallPhase } | null = null,
): TurnState {
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
    ledger: before?.ledger ?? [],
    idle: { sinceMs: null, asked: 0, waitingForHuman: false },
    screening: null,
    doubtUntilMs: 0,
    dialogue: { phase: before?.phase ?? 'GREETING', expects: 'open' },
    lostUntilMs: null,
    closing: null,
    leaving: null,
    recovered: 0,
    muteTurns: 0,
  };
}

/** A copy that may be changed without touching the original. The ledger and finished tools are only ever replaced. */
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
