import { WebSocket } from 'ws';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';

/** A caller at a media socket: speaks what it is given in real time, plays what it is sent, and returns marks when played. */
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
  readonly #began = performance.now();

  constructor(url: string, options: { start?: boolean; headers?: Record<string, string> } = {}) {
    this.socket = new WebSocket(url, { headers: options.headers ?? {} });
    this.socket.on('open', () => options.start !== false && this.send({ event: 'start', streamSid: 'MO1234567890' }));
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      clearInterval(this.#timer);
    });
    this.socket.on('message', (data) => this.#take(JSON.parse((data as Buffer).toString()) as { event: string; streamSid: string; media?: { payload: string }; mark?: { name: string } }));
    this.#timer = setInterval(() => this.#tick(), 10);
  }

  send(message: object | string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
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
    for (; this.#sent * 20 < performance.now() - this.#began; this.#sent++) {
      if (this.socket.readyState !== WebSocket.OPEN) continue;
      const frame = new Int16Array(160);
      const head = this.#queue[0];
      if (head) {
        frame.set(head.subarray(0, 160));
        if (head.length <= 160) this.#queue.shift();
        else this.#queue[0] = head.subarray(160);
      }
      this.send({ event: 'media', streamSid: 'MO1234567890', media: { payload: Buffer.from(encodeMulaw(frame)).toString('base64') } });
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
    if (this.returnMarks) this.send({ event: 'mark', streamSid: 'MO1234567890', mark: { name } });
  }

  #take(message: { event: string; streamSid: string; media?: { payload: string }; mark?: { name: string } }): void {
    this.streamSids.add(message.streamSid);
    if (message.event === 'media') this.#out.push(Buffer.from(message.media!.payload, 'base64'));
    else if (message.event === 'mark') this.#out.push(message.mark!.name);
    else if (message.event === 'clear') {
      this.clears++;
      for (const one of this.#out.splice(0)) if (typeof one === 'string') this.#mark(one);
    }
  }
}
