import { WebSocket } from 'ws';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';

const LATEST_MS = 1000;

/**
 * A caller at a media socket: speaks what it is given in real time, plays what it is sent, and returns marks when
 * played.
 */
export class SocketCaller {
  readonly socket: WebSocket;
  readonly agent: Uint8Array[] = [];
  clears = 0;
  closed: { code: number; reason: string } | null = null;
  refused: number | null = null;
  readonly streamSids = new Set<string>();
  returnMarks = true;
  #queue: Int16Array[] = [];
  #timer: NodeJS.Timeout;
  #out: (Uint8Array | string)[] = [];
  #sent = 0;
  #began = performance.now();

  /** `deaf`: the connection looks open and answers no ping, as one whose network is gone. */
  constructor(
    url: string,
    options: { start?: boolean | object; headers?: Record<string, string>; deaf?: boolean } = {},
  ) {
    this.socket = new WebSocket(url, { headers: options.headers ?? {}, autoPong: options.deaf !== true });
    this.socket.on(
      'open',
      () =>
        options.start !== false &&
        this.send(typeof options.start === 'object' ? options.start : { event: 'start', streamSid: 'MO1234567890' }),
    );
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      clearInterval(this.#timer);
    });
    this.socket.on('message', (data, isBinary) => this.read(data as Buffer, isBinary));
    this.#timer = setInterval(() => this.#tick(), 10);
  }

  send(message: object | string): void {
    if (this.socket.readyState === WebSocket.OPEN)
      this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Queues speech; silence is sent otherwise. */
  speak(pcm: Int16Array): void {
    this.#queue.push(pcm);
  }

  get speaking(): boolean {
    return this.#queue.length > 0;
  }

  /** Seconds of agent audio that were played. */
  get heardSeconds(): number {
    return this.agent.length / 50;
  }

  heard(): Int16Array {
    return decodeMulaw(Buffer.concat(this.agent));
  }

  #tick(): void {
    // After a stall it goes on where it was: a server takes no audio that comes faster than real time.
    const lateMs = performance.now() - this.#began - this.#sent * 20;
    if (lateMs > LATEST_MS) this.#began += lateMs;
    for (; this.#sent * 20 < performance.now() - this.#began; this.#sent++) {
      if (this.socket.readyState !== WebSocket.OPEN) continue;
      const frame = new Int16Array(160);
      const head = this.#queue[0];
      if (head) {
        frame.set(head.subarray(0, 160));
        if (head.length <= 160) this.#queue.shift();
        else this.#queue[0] = head.subarray(160);
      }
      this.send(this.audio(frame));
      this.#play();
    }
  }

  #play(): void {
    for (let next = this.#out.shift(); next !== undefined; next = this.#out.shift()) {
      if (typeof next !== 'string') return void this.agent.push(next);
      this.#mark(next);
    }
  }

  #mark(name: string): void {
    if (this.returnMarks) this.send(this.mark(name));
  }

  /** 20 ms of speech as this socket sends it. */
  protected audio(frame: Int16Array): object {
    return {
      event: 'media',
      streamSid: 'MO1234567890',
      media: { payload: Buffer.from(encodeMulaw(frame)).toString('base64') },
    };
  }

  protected mark(name: string): object {
    return { event: 'mark', streamSid: 'MO1234567890', mark: { name } };
  }

  protected read(data: Buffer, _isBinary: boolean): void {
    const message = JSON.parse(data.toString()) as {
      event: string;
      streamSid: string;
      media?: { payload: string };
      mark?: { name: string };
    };
    this.streamSids.add(message.streamSid);
    if (message.event === 'media') this.heardFrame(Buffer.from(message.media!.payload, 'base64'));
    else if (message.event === 'mark') this.heardMark(message.mark!.name);
    else if (message.event === 'clear') this.cleared();
  }

  protected heardFrame(mulaw: Uint8Array): void {
    this.#out.push(mulaw);
  }

  protected heardMark(name: string): void {
    this.#out.push(name);
  }

  /** All pending marks come back at once. */
  protected cleared(): void {
    this.clears++;
    for (const one of this.#out.splice(0)) if (typeof one === 'string') this.#mark(one);
  }
}
