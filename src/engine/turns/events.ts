import type { CallPhase, ExpectedAnswer, ToolArgs, ToolResultStatus } from '../contracts/language-model.ts';
import type { LedgerItem, TurnKind } from './state.ts';

/** What the machine is told. `atMs` is the call's clock when it happened; the runner hands events over one at a time. */
export type TurnEvent = { readonly atMs: number } & TurnEventBody;

export type TurnEventBody =
  /** The other end is dialled or about to connect: the first message may be synthesized. */
  | { readonly type: 'prepare' }
  /** Audio flows both ways. */
  | { readonly type: 'start' }
  /** The caller may be starting to speak: what is due just now waits for the next window to say so. */
  | { readonly type: 'speech-suspected' }
  | { readonly type: 'speech-started'; readonly utterance: number; readonly onsetMs: number }
  /** So much more speech; told only while it is being decided whether it interrupts. */
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
  /** A steady tone, such as a voicemail's beep, has begun, or is over. */
  | { readonly type: 'tone-started' | 'tone-ended' }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** Whom the carrier takes the other end for: a hint. */
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
  /** `samples` of it exist, and are played. `unspeakable`: the voice does not have the text's language. */
  | {
      readonly type: 'synthesis-failed';
      readonly segment: number;
      readonly samples: number;
      readonly unspeakable?: boolean;
    }
  /** The first frame of a segment was handed to the line. */
  | { readonly type: 'playout-started'; readonly segment: number }
  /** So much of a segment has been heard, by the latest honest mark and the playout clock. */
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
  /** Says something on someone's behalf, or ends the call. */
  | { readonly type: 'say'; readonly text: string; readonly endsCall: string | null }
  | { readonly type: 'end'; readonly reason: string }
  /** The other end is gone: nothing may be sent any more. */
  | { readonly type: 'hung-up'; readonly reason: string }
  | { readonly type: 'media-lost'; readonly untilMs: number }
  | { readonly type: 'media-back' }
  | { readonly type: 'tick' };

/** The utterances from `since` on, understood anew as one: better than piece by piece, where the pause between was short. */
export interface WholeTranscript {
  readonly since: number;
  readonly text: string;
}

/** What the machine wants done, in this order. */
export type TurnEffect =
  /** `said`: what this very turn has begun to say, where another model goes on with it. */
  | {
      readonly type: 'think';
      readonly generation: number;
      readonly attempt: number;
      readonly ledger: readonly LedgerItem[];
      readonly text: string;
      readonly said: string;
    }
  | { readonly type: 'stop-thinking'; readonly generation: number }
  /** The recogniser may expect the answers that this run of the model named. */
  | { readonly type: 'expect'; readonly generation: number }
  | { readonly type: 'synthesize'; readonly segment: number; readonly text: string; readonly attempt: number }
  | { readonly type: 'stop-synthesis'; readonly segment: number }
  /** The segment may be played, after those released before it. */
  | { readonly type: 'release'; readonly segment: number }
  /** Stop at once and keep the rest; how much was heard is told by `playout-heard`. */
  | { readonly type: 'pause' }
  /** Go on from the same sample. */
  | { readonly type: 'resume' }
  /** Drop everything, here and at the carrier. */
  | { readonly type: 'clear' }
  | {
      readonly type: 'run-tool';
      readonly key: string;
      readonly name: string;
      readonly args: ToolArgs;
    }
  /** Speech went by without a transcript in time: the recogniser is to be doubted. */
  | { readonly type: 'transcript-missed'; readonly utterance: number }
  /** Final texts are wanted for everything heard so far. */
  | { readonly type: 'flush' }
  | { readonly type: 'hang-up'; readonly reason: string }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'note'; readonly note: TurnNote };

/** What the records, the console and webhooks are told. */
export type TurnNote =
  | { readonly kind: 'entry'; readonly item: LedgerItem }
  | { readonly kind: 'responded'; readonly turn: number; readonly turnKind: TurnKind; readonly text: string }
  | { readonly kind: 'interrupted'; readonly turn: number; readonly text: string; readonly heard: string }
  | { readonly kind: 'first-frame'; readonly turn: number; readonly turnKind: TurnKind; readonly text: string }
  | { readonly kind: 'phase'; readonly phase: CallPhase }
  | { readonly kind: 'answered-by'; readonly who: 'human' | 'machine' }
  | { readonly kind: 'recovered'; readonly what: string };
