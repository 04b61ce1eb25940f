import type { Call } from '../calls/call.ts';
import type { Conversation } from '../conversations/conversation.ts';
import { callsOf, type Actor } from '../kernel/context.ts';
import type { DomainEvent } from '../kernel/events.ts';

/** An event as those are told who listen: with the call or conversation it is about, as that stands now. */
export interface FedEvent {
  /** Events are told in the order of their positions, which have no gaps. */
  readonly position: number;
  readonly organizationId: number;
  readonly at: Date;
  readonly event: DomainEvent;
  readonly call: Call | null;
  readonly conversation: Conversation | null;
}

/** Everything that happens on any server, in one order. */
export interface EventFeed {
  /** Of the last event that was told. */
  readonly position: number;
  /** Tells batches of events, each once and in order; answers how to stop. Listeners must not throw. */
  listen(listener: (events: readonly FedEvent[]) => void): () => void;
  /** Resolves when what was on record before has been told; what comes is new. */
  now(): Promise<void>;
  /** Events after one position and up to another, oldest first. */
  read(after: number, until: number, limit: number): Promise<readonly FedEvent[]>;
}

/** Whether an actor may see an event: never another organization's; human agents those of their own calls and talks. */
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
