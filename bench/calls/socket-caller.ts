// Callers over media sockets, who speak as the script says.
import { WebSocket } from 'ws';
import { FRAME_MS } from '#engine/audio/format.ts';
import { LINES, type LineCodec, type Spoken } from './lines.ts';
import { Ear } from './measure.ts';

/** Silence between two sounds of the agent's that makes them two replies. */
export const NEW_REPLY_MS = 400;
const FEED_MS = 5;

/** One caller on a media socket: audio goes in as the clock says, marks come back when their audio has been played. */
export class SocketCaller {
  readonly ear = new Ear(NEW_REPLY_MS);
  readonly #socket: WebSocket;
  readonly #line: LineCodec;
  #openedMs = 0;
  #silentFrames = 0;
  #fed = 0;
  #open = false;

  /** `beginsMs`: when the script begins, by `performance.now()`; by default as soon as the socket is open. */
  constructor(url: string, line: LineCodec = LINES.web, beginsMs = 0) {
    this.#line = line;
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.on('open', () => {
      this.#open = true;
      this.#openedMs = performance.now();
      this.#silentFrames = Math.max(0, Math.round((beginsMs - this.#openedMs) / FRAME_MS));
      this.ear.startMs = this.#openedMs + this.#silentFrames * FRAME_MS;
      this.#socket.send(line.start);
    });
    this.#socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    this.#socket.on('close', () => (this.#open = false));
    this.#socket.on('error', () => (this.#open = false));
  }

  feed({ silence, frames }: Spoken, now: number): void {
    const total = this.#silentFrames + frames.length;
    for (; this.#open && this.#fed < total && now >= this.#openedMs + (this.#fed + 1) * FRAME_MS; this.#fed++)
      this.#socket.send(this.#fed < this.#silentFrames ? silence : frames[this.#fed - this.#silentFrames]!);
  }

  hangUp(): void {
    if (this.#open && this.#line.stop !== null) this.#socket.send(this.#line.stop);
    else this.#socket.close(1000);
    this.#open = false;
  }

  #take(data: Buffer, isBinary: boolean): void {
    const message = this.#line.read(data, isBinary);
    if (message === 'media') return this.ear.audio(FRAME_MS);
    if (message === 'clear') return this.ear.stop();
    setTimeout(() => this.#open && this.#socket.send(this.#line.mark(message.mark)), this.ear.queuedMs);
  }
}

/** Feeds all callers until it is stopped. */
export function feeder(callers: readonly SocketCaller[], spoken: Spoken): () => void {
  let feeding = true;
  const feed = () => {
    const now = performance.now();
    for (const caller of callers) caller.feed(spoken, now);
    if (feeding) setTimeout(feed, Math.max(0, FEED_MS - (performance.now() - now)));
  };
  feed();
  return () => (feeding = false);
}
