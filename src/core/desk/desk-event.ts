import type { AgentStatus } from './human-agent.ts';
import type { QueueEntry, Requester, TransferOutcome, TransferType } from './queue-entry.ts';
import type { Line } from './wait-limits.ts';

/** A person asks for a human agent. */
export interface NewEntry extends Line {
  readonly callId: number;
  readonly priority: number;
  readonly targetId: number | null;
  readonly transferType: TransferType;
  readonly requestedBy: Requester;
  readonly reason: string | null;
}

/** Everything that changes a desk. Events that come too late, or twice, change nothing. */
export type DeskEvent =
  | { readonly type: 'enter'; readonly entry: NewEntry }
  /** `briefing`: the agent's media works, and the agent hears who waits. `media-proven`: the agent takes the caller. */
  | { readonly type: 'accept' | 'decline' | 'briefing' | 'media-proven'; readonly offerId: number }
  /** The agent could not be reached, or did not answer as asked. */
  | {
      readonly type: 'offer-failed';
      readonly offerId: number;
      readonly how: 'declined' | 'no_answer' | 'busy' | 'leg_failed';
      readonly cause: string;
    }
  /** The connected agent left the call: the caller is with the AI agent again, or the call has ended. */
  | { readonly type: 'agent-left'; readonly callId: number; readonly cause: string }
  /** The connected agent's browser is gone, or back. */
  | { readonly type: 'agent-lost' | 'agent-back'; readonly callId: number }
  /** A supervisor takes the conversation of the connected agent, who wraps up. */
  | { readonly type: 'taken-over'; readonly callId: number }
  | { readonly type: 'call-ended'; readonly callId: number; readonly cause: string }
  /** The caller no longer waits on the line. */
  | {
      readonly type: 'leave-line';
      readonly callId: number;
      readonly outcome: Extract<TransferOutcome, 'returned_to_ai' | 'failed'>;
      readonly cause: string;
    }
  /**
   * The caller hangs up and keeps the place; called back when the turn has come, not before `at`. `left`: the wait that
   * has ended with an overflow, whose place is kept as well.
   */
  | {
      readonly type: 'take-callback';
      readonly callId: number;
      readonly number: string;
      readonly at: Date;
      readonly left?: QueueEntry | null;
    }
  /** The call that calls a person back is placed, or failed. */
  | { readonly type: 'callback-placed'; readonly entryId: number; readonly callId: number }
  | { readonly type: 'callback-failed'; readonly entryId: number; readonly cause: string; readonly final: boolean }
  | {
      readonly type: 'status';
      readonly agentId: number;
      readonly wanted: AgentStatus;
      readonly reason: string | null;
      /** When it was asked for; an older change does not replace a newer one. */
      readonly at: Date;
    }
  | { readonly type: 'seen' | 'page-closed' | 'end-wrap-up' | 'extend-wrap-up'; readonly agentId: number }
  /** Who has waited until now waits in another way from now on: by entry id. */
  | { readonly type: 'lines-changed'; readonly lines: ReadonlyMap<number, Line> }
  /** Deadlines are due. */
  | { readonly type: 'tick' };
