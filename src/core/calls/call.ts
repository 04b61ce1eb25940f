import type { AgentSettings } from '../ai-agents/ai-agent.ts';
import type { VendorProblem } from '../ai-agents/vendor-problem.ts';

/** The status of a call. Each API maps it to its own words. */
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

export const ENDED_STATUSES = [
  'completed',
  'voicemail',
  'no-answer',
  'busy',
  'canceled',
  'refused',
  'broken',
] as const satisfies readonly EndStatus[];

export function isEnded(status: CallStatus): status is EndStatus {
  return ORDER[status] === 3;
}

/** Whether the transition is allowed: a status never goes back, and an end is final. */
export function mayBecome(from: CallStatus, to: CallStatus): boolean {
  return ORDER[to] > ORDER[from];
}

/** Whether the end is a failure: such calls have a failure reason and emit `call.failed`. */
export function isFailure(status: EndStatus): boolean {
  return status !== 'completed' && status !== 'voicemail';
}

/** Who ended a call. `human`: a user, through an API or the console; `agent`: the AI agent. */
export type EndedBy = 'caller' | 'agent' | 'human' | 'system' | 'carrier';

export type CallPhase = 'GREETING' | 'DISCOVERY' | 'PRESENTATION' | 'OBJECTIONS' | 'CLOSING';

export type Direction = 'outbound' | 'inbound' | 'web';

/** Settings of the agent that one call overrides. */
export interface CallOverrides {
  /** What the agent follows beside its prompt, instead of the campaign's script. */
  readonly script?: string;
  readonly firstMessage?: string;
  /** Left on a voicemail. */
  readonly voicemailMessage?: string;
  /** Hangs up on a voicemail without a word. */
  readonly leavesNoMessage?: boolean;
  /** The person is promised a human agent: the AI agent speaks to machines only, and where none comes. */
  readonly needsHuman?: boolean;
  readonly voiceId?: string;
  readonly modelName?: string;
  /** Longest conversation; the caller is warned before its end. */
  readonly maxDurationMs?: number;
  /** The agent's draft, as it was when the call began. */
  readonly draft?: Partial<AgentSettings>;
}

/** Latency of a turn by stage in ms; the stages add up to the total. */
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
  /** The sid under which the call was placed, if the carrier's id replaced it. */
  readonly placedSid: string | null;
  readonly organizationId: number;
  /** The conversation that the call is a channel of. */
  readonly conversationId: number;
  readonly agentId: number;
  /** The agent's version when the call began; null for calls that are older than versions. */
  readonly agentVersion: number | null;
  readonly personId: number | null;
  /** The user who placed it, directly or with an API key. */
  readonly userId: number | null;
  /** The campaign that placed it, or for which it was placed singly. */
  readonly campaignId: number | null;
  /** It must not ring at or after this instant. */
  readonly notAfter: Date | null;
  readonly direction: Direction;
  readonly carrier: string;
  readonly carrierCallId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly status: CallStatus;
  /** Why it ended, as a code: `completed`, `media_lost`, `silence`. */
  readonly endReason: string | null;
  /** Why it failed, as a sentence for people. */
  readonly failureReason: string | null;
  /** Null while it runs, and for old calls of which it is not known. */
  readonly endedBy: EndedBy | null;
  /** The person hung up within seconds of the call's own clock after the answer. */
  readonly hungUp: boolean;
  /** How it came out, as a user or an agent classified it. */
  readonly disposition: string | null;
  /** Since when the caller waits for a human. */
  readonly waitingSince: Date | null;
  readonly phase: CallPhase;
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: CallOverrides;
  /** The providers and models that were really used. */
  readonly spokenBy: Readonly<Record<string, string>>;
  readonly recorded: boolean;
  /** Whether its transcript is kept. */
  readonly transcribed: boolean;
  /** Also null after the recording was deleted. */
  readonly recordingKey: string | null;
  /** Address of the carrier's own recording; null if there is none or it was deleted. */
  readonly carrierRecordingUrl: string | null;
  /** Why the recording is missing or incomplete. */
  readonly recordingFailure: string | null;
  readonly vendorErrors: readonly VendorProblem[];
  /** When its transcript was deleted, by retention or on the person's request. */
  readonly transcriptDeletedAt: Date | null;
  /** Milliseconds of the call's clock before the recording begins. */
  readonly recordingOffsetMs: number | null;
  /** The same for the recording of what the person does not hear; null if there is none. */
  readonly apartOffsetMs: number | null;
  /** How long the carrier took to accept the call. */
  readonly placedMs: number | null;
  readonly latency: TurnLatency | null;
  readonly placedAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
  readonly ringTimeoutMs: number;
  readonly owner: string | null;
  readonly epoch: number;
}

/** A caller who hangs up sooner after the answer did not listen. */
export const HUNG_UP_MS = 5000;

/** Whether a carrier's id has the form of ours, so that it can be the call's. */
export const isCallSid = (id: string): boolean => /^CA[0-9a-f]{32}$/.test(id);

/** Wall-clock milliseconds from answer to end, or to now while it runs; 0 if never answered. */
export function durationMs(call: Call, now: Date): number {
  return call.answeredAt === null ? 0 : Math.max(0, (call.endedAt ?? now).getTime() - call.answeredAt.getTime());
}

/** What people or the agent call the outcome; a voicemail is its own outcome. */
export const dispositionOf = ({ disposition, status }: Pick<Call, 'disposition' | 'status'>): string | null =>
  disposition ?? (status === 'voicemail' ? 'voicemail' : null);
