import type { Call } from '../calls/call.ts';
import type { Conversation } from '../conversations/conversation.ts';
import { callsOf, type Actor } from '../kernel/context.ts';
import type { DomainEvent } from '../kernel/events.ts';

/** An event with the current state of the call or conversation that it is about. */
export interface FedEvent {
  /** Events are delivered in the order of their positions, which have no gaps. */
  readonly position: number;
  readonly organizationId: number;
  readonly at: Date;
  readonly event: DomainEvent;
  readonly call: Call | null;
  /** The name that a client or a rule gave the call's room. */
  readonly roomName: string | null;
  readonly conversation: Conversation | null;
}

/** The events of all servers in one order. */
export interface EventFeed {
  /** Position of the last delivered event. */
  readonly position: number;
  /** Delivers batches of events, each once and in order; returns a function that stops it. Listeners must not throw. */
  listen(listener: (events: readonly FedEvent[]) => void): () => void;
  /** Resolves when all events stored before this call have been delivered. */
  now(): Promise<void>;
  /** Events after one position and up to another, oldest first. */
  read(after: number, until: number, limit: number): Promise<readonly FedEvent[]>;
}

/**
 * Whether an actor may see an event: only of its own organization, and human agents only of their own calls and
 * conversations.
 */
export function maySee(
  { organizationId, actor }: { readonly organizationId: number; readonly actor: Actor },
  { organizationId: theirs, call, conversation }: Pick<FedEvent, 'organizationId' | 'call' | 'conversation'>,
): boolean {
  if (organizationId !== theirs) return false;
  const whose = callsOf(actor);
  return (
    whose === 'all' ||
    (whose.userId !== null && (call?.userId === whose.userId || conversation?.startedBy === whose.userId))
  );
}
