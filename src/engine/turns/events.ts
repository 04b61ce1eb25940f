import type { CallPhase, ExpectedAnswer, ToolArgs, ToolResultStatus } from '../contracts/language-model.ts';
import type { LedgerItem, Overheard, TurnKind } from './state.ts';

/** Input of the turn machine. `atMs` is the call's clock at the event; the session passes events one at a time. */
export type TurnEvent = { readonly atMs: number } & TurnEventBody;

export type TurnEventBody =
  /** The call rings: the first message can be synthesized. */
  | { readonly type: 'prepare' }
  /** Audio flows both ways. */
  | { readonly type: 'start' }
  /** The same on another server: the model runs, the audio and the tools of the previous server are gone. */
  | { readonly type: 'taken-over' }
  /** The caller may be starting to speak; due actions wait for the next window. */
  | { readonly type: 'speech-suspected' }
  | { readonly type: 'speech-started'; readonly utterance: number; readonly onsetMs: number }
  /** Further speech, sent only while a barge-in is being decided. */
  | { readonly type: 'speech-goes-on'; readonly ms: number }
  | { readonly type: 'speech-ended'; readonly utterance: number; readonly endMs: number }
  | { readonly type: 'transcript-partial'; readonly utterance: number; readonly text: string }
  | {
      readonly type: 'transcript-final';
      readonly utterance: number;
      readonly text: string;
      readonly confidence?: number | null;
      readonly whole?: WholeTranscript;
    }
  /** A steady tone, such as a voicemail beep, has begun or ended. */
  | { readonly type: 'tone-started' | 'tone-ended' }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** The carrier's answering-machine detection, used as a hint. */
  | { readonly type: 'answered-by'; readonly who: 'human' | 'machine' }
  | { readonly type: 'model-clause'; readonly generation: number; readonly text: string }
  | {
      readonly type: 'model-tool';
      readonly generation: number;
      readonly name: string;
      readonly args: ToolArgs;
    }
  | {
      readonly type: 'model-dialogue';
      readonly generation: number;
      readonly phase: CallPhase;
      readonly expects: ExpectedAnswer;
    }
  | { readonly type: 'model-done'; readonly generation: number }
  | { readonly type: 'model-failed'; readonly generation: number }
  /** The first audio of a segment exists. */
  | { readonly type: 'synthesis-started'; readonly segment: number }
  | {
      readonly type: 'synthesis-done';
      readonly segment: number;
      readonly samples: number;
      readonly words: readonly { readonly text: string; readonly endSample: number }[];
    }
  /** `samples` were synthesized and are played. `unspeakable`: the voice does not support the text's language. */
  | {
      readonly type: 'synthesis-failed';
      readonly segment: number;
      readonly samples: number;
      readonly unspeakable?: boolean;
    }
  /** The first frame of a segment was handed to the line. */
  | { readonly type: 'playout-started'; readonly segment: number }
  /** The heard part of a segment, from the latest valid mark and the playout clock. */
  | { readonly type: 'playout-heard'; readonly segment: number; readonly samples: number; readonly estimated: boolean }
  | {
      readonly type: 'playout-finished';
      readonly segment: number;
      readonly samples: number;
      readonly estimated: boolean;
    }
  | {
      readonly type: 'tool-result';
      readonly key: string;
      readonly status: ToolResultStatus;
      readonly output: string;
      readonly waitForHuman?: boolean;
    }
  /** Written words that stand for the caller's. */
  | { readonly type: 'message'; readonly text: string }
  /** Speaks a text given from outside, or ends the call. */
  | { readonly type: 'say'; readonly text: string; readonly endsCall: string | null }
  /** A human agent takes the caller, or gives the caller back. */
  | { readonly type: 'stand-aside' }
  | { readonly type: 'return'; readonly text: string; readonly endsCall?: string | null }
  | { readonly type: 'overheard'; readonly said: Omit<Overheard, 'role'> }
  /** A supervisor tells the agent something, which counts from its next turn on. */
  | { readonly type: 'instructed'; readonly userId: number; readonly text: string }
  /** The caller begins or ends to wait for a human agent: silence does not end the call meanwhile. */
  | { readonly type: 'human-awaited'; readonly awaited: boolean }
  | { readonly type: 'end'; readonly reason: string }
  /** The other end hung up: nothing may be sent any more. */
  | { readonly type: 'hung-up'; readonly reason: string }
  | { readonly type: 'media-lost'; readonly untilMs: number }
  | { readonly type: 'media-back' }
  | { readonly type: 'tick' };

/** The utterances from `since` on, recognised again as one, which is more accurate across a short pause. */
export interface WholeTranscript {
  readonly since: number;
  readonly text: string;
}

/** Output of the turn machine, to be executed in order. */
export type TurnEffect =
  /** `said`: the text that this turn has already begun, if another model continues it. */
  | {
      readonly type: 'think';
      readonly generation: number;
      readonly attempt: number;
      /** No model was asked before on this turn. */
      readonly first: boolean;
      readonly ledger: readonly LedgerItem[];
      readonly text: string;
      readonly said: string;
    }
  | { readonly type: 'stop-thinking'; readonly generation: number; readonly late?: true }
  /** Passes the expected answers of this model run to the recogniser. */
  | { readonly type: 'expect'; readonly generation: number }
  | { readonly type: 'synthesize'; readonly segment: number; readonly text: string; readonly attempt: number }
  | { readonly type: 'stop-synthesis'; readonly segment: number; readonly late?: true }
  /** Plays the segment after those released before it. */
  | { readonly type: 'release'; readonly segment: number }
  /** Stops playout at once and keeps the rest; `playout-heard` then reports the heard part. */
  | { readonly type: 'pause' }
  /** Continues playout at the same sample. */
  | { readonly type: 'resume' }
  /** Drops all audio, here and at the carrier. */
  | { readonly type: 'clear' }
  | {
      readonly type: 'run-tool';
      readonly key: string;
      readonly name: string;
      readonly args: ToolArgs;
    }
  /** Speech got no transcript in time; the recogniser may be failing. */
  | { readonly type: 'transcript-missed'; readonly utterance: number }
  /** Requests final texts for everything heard so far. */
  | { readonly type: 'flush' }
  | { readonly type: 'hang-up'; readonly reason: string }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'note'; readonly note: TurnNote };

/** Notes for the records, the console and webhooks. */
export type TurnNote =
  | { readonly kind: 'entry'; readonly item: LedgerItem }
  | { readonly kind: 'responded'; readonly turn: number; readonly turnKind: TurnKind; readonly text: string }
  | { readonly kind: 'interrupted'; readonly turn: number; readonly text: string; readonly heard: string }
  | { readonly kind: 'first-frame'; readonly turn: number; readonly turnKind: TurnKind; readonly text: string }
  | { readonly kind: 'phase'; readonly phase: CallPhase }
  | { readonly kind: 'answered-by'; readonly who: 'human' | 'machine' }
  | { readonly kind: 'recovered'; readonly what: string };
