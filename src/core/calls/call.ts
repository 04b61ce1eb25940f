import type { VendorProblem } from '../ai-agents/vendor-problem.ts';
import type { CallPhase } from './conversation-entry.ts';

/** One status machine underneath all five APIs; each has its own words for it. */
export type CallStatus = 'placed' | 'ringing' | 'answered' | EndStatus;
export type EndStatus = 'completed' | 'voicemail' | 'no-answer' | 'busy' | 'canceled' | 'refused' | 'broken';

const ORDER: Record<CallStatus, number> = {
  placed: 0,
  ringing: 1,
  answered: 2,
  completed: 3,
  voicemail: 3,
  'no-answer': 3,
  busy: 3,
  canceled: 3,
  refused: 3,
  broken: 3,
};

export const LIVE_STATUSES = ['placed', 'ringing', 'answered'] as const satisfies readonly CallStatus[];

export function isEnded(status: CallStatus): status is EndStatus {
  return ORDER[status] === 3;
}

/** A call never goes back, and an end is final. */
export function mayBecome(from: CallStatus, to: CallStatus): boolean {
  return ORDER[to] > ORDER[from];
}

/** Ends of calls that did not come off or broke off: they carry a failure reason, and are told as `call.failed`. */
export function isFailure(status: EndStatus): boolean {
  return status !== 'completed' && status !== 'voicemail';
}

export type Direction = 'outbound' | 'inbound' | 'web';

/** What one call changes of its agent. */
export interface CallOverrides {
  readonly firstMessage?: string;
  readonly voiceId?: string;
  readonly modelName?: string;
}

/** Milliseconds of the last finished turn, or null before the first; the parts add up to the whole cycle. */
export interface TurnLatency {
  readonly speechToTextMs: number;
  readonly languageModelMs: number;
  readonly textToSpeechMs: number;
  readonly firstAudioMs: number;
  readonly fullCycleMs: number;
}

export interface Call {
  readonly id: number;
  readonly sid: string;
  /** The one it was placed under, where its carrier gave it another. */
  readonly placedSid: string | null;
  readonly organizationId: number;
  readonly agentId: number;
  readonly personId: number | null;
  /** The user who placed it, or whose key did. */
  readonly userId: number | null;
  readonly direction: Direction;
  readonly carrier: string;
  readonly carrierCallId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly status: CallStatus;
  /** Why it ended, as a word: `completed`, `media_lost`, `silence`. */
  readonly endReason: string | null;
  /** Why it did not come off or broke off, in plain words. */
  readonly failureReason: string | null;
  readonly phase: CallPhase;
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: CallOverrides;
  /** What really listened, thought and spoke. */
  readonly spokenBy: Readonly<Record<string, string>>;
  readonly recorded: boolean;
  /** Whether its words are kept. */
  readonly transcribed: boolean;
  /** Null also when the recording has been deleted. */
  readonly recordingKey: string | null;
  /** Where its carrier keeps a recording of its own; null where it made none, or it is to be forgotten. */
  readonly carrierRecordingUrl: string | null;
  /** Why it was not recorded, or not to its end. */
  readonly recordingFailure: string | null;
  readonly vendorErrors: readonly VendorProblem[];
  /** When its words were deleted: their time was over, or the person asked for it. */
  readonly transcriptDeletedAt: Date | null;
  /** Milliseconds of the call's clock before the recording begins. */
  readonly recordingOffsetMs: number | null;
  /** How long it took to hand the call to the carrier. */
  readonly placedMs: number | null;
  readonly latency: TurnLatency | null;
  readonly placedAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
  readonly ringTimeoutMs: number;
  readonly owner: string | null;
  readonly epoch: number;
}

/** Whether a carrier's id has the form of ours, so that it can be the call's. */
export const isCallSid = (id: string): boolean => /^CA[0-9a-f]{32}$/.test(id);

/** Wall-clock milliseconds from answer to end, or to now while it runs; 0 if never answered. */
export function durationMs(call: Call, now: Date): number {
  return call.answeredAt === null ? 0 : Math.max(0, (call.endedAt ?? now).getTime() - call.answeredAt.getTime());
}
