import type { EventFeed, FedEvent } from '#core/events/event-feed.ts';

/** An API's messages for one event, in order. */
export interface EventMessages {
  readonly type: string;
  /** One message as it is sent, framed. */
  readonly frame: Buffer;
}

export interface SubscriberOptions {
  readonly feed: EventFeed;
  readonly told: (event: FedEvent) => readonly EventMessages[];
  readonly sees: (event: FedEvent) => boolean;
  /** Writes bytes without waiting. */
  readonly write: (bytes: Buffer) => void;
  /** Bytes written but not sent yet. */
  readonly waiting: () => number;
  /**
   * The reader fell too far behind: its messages after one position and up to another are skipped. `count`: how many;
   * null if too many to count.
   */
  readonly missed: (gap: { readonly after: number; readonly until: number; readonly count: number | null }) => void;
  readonly onError: (error: unknown) => void;
}

/** A reader with more unsent bytes is slow. */
const MOST_WAITING = 256 * 1024;
const PAGE = 200;
/** A reader further behind than this gets a gap message and continues after the gap. */
export const MOST_BEHIND = 10_000;
const MOST_COUNTED = 50_000;

/** The position of a reader: the last event that it has fully received, and how many messages of the next. */
export interface Cursor {
  readonly position: number;
  readonly part: number;
}

/** A cursor as a text: `123`, or `123.1` after the first of several messages of one event. */
export const cursorText = (position: number, part: number, parts: number): string =>
  part === parts ? String(position) : `${position}.${part}`;

export function readCursor(text: string): Cursor | null {
  const [, position, part] = /^(\d{1,15})(?:\.(\d))?$/.exec(text) ?? [];
  if (position === undefined) return null;
  return part === undefined
    ? { position: Number(position), part: 0 }
    : { position: Number(position) - 1, part: Number(part) };
}

/**
 * One reader of events: gets each event that it may see and has subscribed to, once and in order. A fast reader gets
 * live
 * events. A slow reader is served from the stored events at its own speed, so that nothing is buffered for it.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  #types: ReadonlySet<string> = new Set();
  #position: number;
  /** The partly received event, and how many of its messages were received. */
  #begun: Cursor = { position: 0, part: 0 };
  #behind = false;
  #held = false;
  #pumping = false;
  #closed = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#position = options.feed.position;
  }

  get types(): ReadonlySet<string> {
    return this.#types;
  }

  /** Delivers nothing until `want` or `release` is called; then what has happened since comes first. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#behind = true;
    this.drained();
  }

  /** Subscribes to these types; with a `cursor` also to the events since then. */
  want(types: Iterable<string>, cursor: Cursor | null): void {
    this.#types = new Set(types);
    if (cursor === null) return this.release();
    this.#held = false;
    this.#position = cursor.position;
    this.#begun = { position: cursor.position + 1, part: cursor.part };
    this.#behind = true;
    this.drained();
  }

  /** Takes live events; `bytes` holds the messages for readers with the same subscription. */
  take(events: readonly FedEvent[], bytes: Buffer | null): void {
    if (this.#behind || this.#held) return;
    if (this.#options.waiting() > MOST_WAITING) {
      this.#behind = true;
      return;
    }
    // A reader that came from another server may have received these events there.
    const known = events[0]!.position <= this.#position || this.#begun.position > this.#position;
    const fresh = known ? this.#lacking(events.filter((event) => event.position > this.#position)) : bytes;
    if (fresh) this.#options.write(fresh);
    this.#position = Math.max(this.#position, events.at(-1)!.position);
  }

  /** The unsent bytes were sent. */
  drained(): void {
    if (!this.#behind || this.#held || this.#pumping || this.#closed) return;
    this.#pumping = true;
    void this.#pump()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => (this.#pumping = false));
  }

  close(): void {
    this.#closed = true;
  }

  async #pump(): Promise<void> {
    const { feed, write, waiting } = this.#options;
    while (!this.#closed && waiting() <= MOST_WAITING) {
      const until = feed.position;
      if (this.#position >= until) {
        // No event was delivered meanwhile: from here on the reader gets live events.
        this.#behind = false;
        return;
      }
      if (until - this.#position > MOST_BEHIND) await this.#leaveOut(until - MOST_BEHIND);
      const events = await feed.read(this.#position, until, PAGE);
      if (this.#closed) return;
      const last = events.at(-1);
      this.#position = last?.position ?? until;
      const bytes = this.#lacking(events);
      if (bytes) write(bytes);
    }
  }

  /** The messages for readers with the same subscription, or null. */
  forAlike(events: readonly FedEvent[]): Buffer | null {
    return joined(events.flatMap((event) => this.#wanted(event, 0)));
  }

  /** The messages that this reader has not received yet. */
  #lacking(events: readonly FedEvent[]): Buffer | null {
    return joined(
      events.flatMap((event) => this.#wanted(event, event.position === this.#begun.position ? this.#begun.part : 0)),
    );
  }

  #wanted(event: FedEvent, skip: number): Buffer[] {
    if (!this.#options.sees(event)) return [];
    const told = this.#options.told(event).slice(skip);
    return told.filter(({ type }) => this.#types.has(type)).map(({ frame }) => frame);
  }

  async #leaveOut(until: number): Promise<void> {
    const after = this.#position;
    let count: number | null = until - after > MOST_COUNTED ? null : 0;
    for (let at = after; count !== null && at < until;) {
      const events = await this.#options.feed.read(at, until, 5 * PAGE);
      count += events.reduce((sum, event) => sum + this.#wanted(event, 0).length, 0);
      at = events.at(-1)?.position ?? until;
    }
    if (this.#closed) return;
    this.#position = until;
    if (count !== 0) this.#options.missed({ after, until, count });
  }
}

const joined = (frames: readonly Buffer[]): Buffer | null => (frames.length === 0 ? null : Buffer.concat(frames));
