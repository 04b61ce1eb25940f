import type { FedEvent } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import { callsOf } from '#core/kernel/context.ts';
import type { SocketDialect, Topic } from './socket-dialect.ts';
import { cursorText, type Subscriber, type EventMessages } from './subscriber.ts';

interface Reader {
  readonly principal: Principal | null;
  readonly subscriber: Subscriber | null;
  readonly topic: Topic | null;
}

type Words = Pick<SocketDialect<never>, 'wordsOf' | 'message'>;

/**
 * Makes the messages of each event once for all readers, and the bytes of several events once for readers that see the
 * same.
 */
export class EventFanOut {
  readonly #words: Words;
  readonly #frame: (text: string) => Buffer;
  readonly #messages = new WeakMap<FedEvent, readonly EventMessages[]>();

  constructor(words: Words, frame: (text: string) => Buffer) {
    this.#words = words;
    this.#frame = frame;
  }

  messagesOf(event: FedEvent): readonly EventMessages[] {
    const known = this.#messages.get(event);
    if (known) return known;
    const words = this.#words.wordsOf(event);
    const made = words.map(({ type, data }, n): EventMessages => ({
      type,
      frame: this.#frame(
        JSON.stringify(this.#words.message(type, event.at, data, cursorText(event.position, n + 1, words.length))),
      ),
    }));
    this.#messages.set(event, made);
    return made;
  }

  deliver(events: readonly FedEvent[], readers: Iterable<Reader>): void {
    const made = new Map<string, Buffer | null>();
    for (const { subscriber, principal, topic } of readers) {
      if (!subscriber || !principal) continue;
      const whose = callsOf(principal.actor);
      const alike = `${principal.organizationId} ${whose === 'all' ? whose : String(whose.userId)} ${topic?.key ?? ''} ${[...subscriber.types].toSorted().join(' ')}`;
      let bytes = made.get(alike);
      if (bytes === undefined) made.set(alike, (bytes = subscriber.forAlike(events)));
      subscriber.take(events, bytes);
    }
  }
}
