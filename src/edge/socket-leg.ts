import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { MediaMessage, MediaProtocol } from '#contracts/media-protocol.ts';
import { MediaBudget } from './media-budget.ts';

/** The first message starts at `start`, at the first `media`, or this long after the upgrade. */
const START_ANYWAY_MS = 500;
/** A slow reader gets no more audio above this buffered amount. */
const MOST_BUFFERED = 256 * 1024;
/** Assumed playout buffer of browsers and phones. */
const FAR_BUFFER_MS = 60;
const UNSUPPORTED = 1007;
const TOO_BIG = 1009;
const TOO_MUCH = 1008;
const TOO_MUCH_TEXT = 'the audio comes faster than real time';
/** How long a socket that sends too many messages is not read. */
const PAUSE_MS = 100;
const REPLACED = 4001;
const REPLACED_TEXT = 'the call goes on over another connection';
/** A peer that does not answer a ping within this time is considered gone. */
const PONG_MS = 2000;

/** The media leg of a media socket. */
export class SocketLeg implements MediaLeg {
  readonly bufferMs = FAR_BUFFER_MS;
  readonly #protocol: MediaProtocol;
  #socket: WebSocket | null = null;
  #connection: Duplex | null = null;
  #corked = false;
  #begun = false;
  #stopped = false;

  constructor(protocol: MediaProtocol) {
    this.#protocol = protocol;
  }

  run(
    socket: WebSocket,
    connection: Duplex,
    events: MediaEvents,
    begin: () => void,
    onProblem: (problem: string) => void,
  ): void {
    // A newer connection of the same party may have replaced this one before it opened.
    if (this.#stopped) return socket.close(REPLACED, REPLACED_TEXT);
    this.#socket = socket;
    this.#connection = connection;
    const start = () => {
      if (this.#begun || this.#stopped) return;
      this.#begun = true;
      begin();
    };
    const anyway = setTimeout(start, START_ANYWAY_MS);
    const budget = new MediaBudget(performance.now());
    let resume: NodeJS.Timeout | undefined;
    const take = (message: MediaMessage) => {
      if (message.type === 'media') {
        const verdict = budget.audio(message.audio.length, performance.now());
        if (verdict === 'flood') return socket.close(TOO_MUCH, TOO_MUCH_TEXT);
        if (verdict === 'first') onProblem(`${TOO_MUCH_TEXT}: what is ahead by more than 2 s is dropped`);
        if (verdict !== 'taken') return;
      }
      this.#take(message, events, start);
    };
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (socket.readyState !== socket.OPEN) return;
      if (!budget.message(performance.now()) && !socket.isPaused) {
        socket.pause();
        resume = setTimeout(() => socket.resume(), PAUSE_MS);
      }
      try {
        take(this.#protocol.read(data as Buffer, isBinary));
      } catch (error) {
        const problem = error instanceof Error ? error.message : 'malformed message';
        onProblem(problem);
        socket.close(/longer than/.test(problem) ? TOO_BIG : UNSUPPORTED, problem);
      }
    });
    socket.on('close', (code: number) => {
      clearTimeout(anyway);
      clearTimeout(resume);
      this.#socket = null;
      if (this.#stopped) return;
      this.#stopped = true;
      if (code === 1000) events.hungUp();
      else events.lost();
    });
    socket.on('error', (error) => onProblem(error.message));
  }

  send(frame: Uint8Array): void {
    if (!this.#socket || this.#socket.bufferedAmount >= MOST_BUFFERED) return;
    this.#together();
    this.#socket.send(this.#protocol.frame(frame));
  }

  /** Combines all messages of this event-loop turn into one write, because writes are the largest cost of a call. */
  #together(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#connection?.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#connection?.uncork();
    });
  }

  mark(name: string): void {
    this.#socket?.send(this.#protocol.mark(name));
  }

  clear(): void {
    this.#socket?.send(this.#protocol.clear());
  }

  close(why: 'ended' | 'replaced' = 'ended'): void {
    this.#stopped = true;
    if (why === 'ended') this.#socket?.close(1000, 'the call has ended');
    else this.#socket?.close(REPLACED, REPLACED_TEXT);
    this.#socket = null;
  }

  isAlive(): Promise<boolean> {
    const socket = this.#socket;
    if (!socket) return Promise.resolve(!this.#stopped);
    if (socket.readyState !== socket.OPEN) return Promise.resolve(false);
    const question = randomBytes(8);
    return new Promise((resolve) => {
      const answer = (alive: boolean) => {
        clearTimeout(late);
        socket.off('pong', pong);
        socket.off('close', gone);
        resolve(alive);
      };
      const pong = (data: Buffer) => {
        if (data.equals(question)) answer(true);
      };
      const gone = () => answer(false);
      const late = setTimeout(gone, PONG_MS);
      socket.on('pong', pong);
      socket.on('close', gone);
      socket.ping(question);
    });
  }

  #take(message: MediaMessage, events: MediaEvents, start: () => void): void {
    switch (message.type) {
      case 'connected':
      case 'unknown':
        return;
      case 'start':
        return start();
      case 'media':
        start();
        return events.audio(message.audio);
      case 'mark':
        return events.mark(message.name);
      case 'dtmf':
        return events.dtmf(message.digit);
      case 'stop':
        this.#stopped = true;
        events.hungUp();
        this.#socket?.close(1000, 'stopped');
        return;
    }
  }
}
