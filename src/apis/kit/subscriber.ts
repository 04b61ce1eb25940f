import type { EventFeed, FedEvent } from '#core/events/event-feed.ts';

/** What an API says of one event: messages of its own types, in order. */
export interface Told {
  readonly type: string;
  /** One message as it is sent, framed. */
  readonly frame: Buffer;
}

export interface SubscriberOptions {
  readonly feed: EventFeed;
  readonly told: (event: FedEvent) => readonly Told[];
  readonly sees: (event: FedEvent) => boolean;
  /** Hands bytes on; never waits. */
  readonly write: (bytes: Buffer) => void;
  /** How much of what was handed on is still here. */
  readonly waiting: () => number;
  /** It fell too far behind: what it might have seen after one position and up to another is not told. `count`: of how many messages; null where that is too many to count. */
  readonly missed: (gap: { readonly after: number; readonly until: number; readonly count: number | null }) => void;
  readonly onError: (error: unknown) => void;
}

/** More than this waiting for a reader, and it is slow. */
const MOST_WAITING = 256 * 1024;
const PAGE = 200;
/** Who is further behind than this learns what was left out, and goes on from there. */
export const MOST_BEHIND = 10_000;
const MOST_COUNTED = 50_000;

/** Where a reader stands: the last event of which it was told all, and how many messages it has of the next. */
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
 * One reader of events: gets each it may see and wants once and in order. While it keeps up it is handed what just happened;
 * while it does not, nothing is kept for it: it is read to from the records, as fast as it reads.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  #types: ReadonlySet<string> = new Set();
  #position: number;
  /** The event of which it has the first messages already, and how many. */
  #begun: Cursor = { position: 0, part: 0 };
  #behind = false;
  #pumping = false;
  #closed = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#position = options.feed.position;
  }

  get types(): ReadonlySet<string> {
    return this.#types;
  }

  /** Wants these from now on; `cursor`: and what it missed since then. */
  want(types: Iterable<string>, cursor: Cursor | null): void {
    this.#types = new Set(types);
    if (cursor === null) return;
    this.#position = cursor.position;
    this.#begun = { position: cursor.position + 1, part: cursor.part };
    this.#behind = true;
    this.drained();
  }

  /** What just happened; `bytes` is what of it is for readers like this one. */
  take(events: readonly FedEvent[], bytes: Buffer | null): void {
    if (this.#behind) return;
    if (this.#options.waiting() > MOST_WAITING) {
      this.#behind = true;
      return;
    }
    // On another server it has been told already what this one hears only now.
    const known = events[0]!.position <= this.#position || this.#begun.position > this.#position;
    const fresh = known ? this.#lacking(events.filter((event) => event.position > this.#position)) : bytes;
    if (fresh) this.#options.write(fresh);
    this.#position = Math.max(this.#position, events.at(-1)!.position);
  }

  /** It has read what was waiting. */
  drained(): void {
    if (!this.#behind || this.#pumping || this.#closed) return;
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
        // Nothing was told meanwhile: from here on it is handed what happens.
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

  /** What of these is for readers like this one, or null. */
  forAlike(events: readonly FedEvent[]): Buffer | null {
    return joined(events.flatMap((event) => this.#wanted(event, 0)));
  }

  /** What of these it lacks itself. */
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
