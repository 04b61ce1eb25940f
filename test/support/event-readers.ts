import { WebSocket } from 'ws';
import type { EventMessage } from './event-client.ts';

// Many readers in a process of their own. Texts of events are `<call> <number>`: each call's come in order and without
// gaps.

export interface ReadersRequest {
  readonly urls: readonly string[];
  readonly token: string;
  readonly readers: number;
  readonly expect: number;
}

export interface ReadersReport {
  readonly complete: number;
  readonly wrong: readonly string[];
  readonly comebacks: number;
  readonly slept: boolean;
  readonly missed: number;
}

const NAP_MS = 4000;
const NAP_AFTER = 100;
/** How many events the restless reader gets before it connects again. */
const COME_BACK_AFTER = 250;
const SILENT_MS = 30_000;
const MOST_RETRIES = 5;

class Reader {
  readonly #seen = new Map<string, number>();
  #count = 0;
  #cursor: string | undefined;
  #socket: WebSocket | null = null;
  #missed = 0;
  #retries = 0;
  readonly wrong: string[] = [];
  readonly name: string;
  readonly #token: string;
  napped = false;
  comebacks = 0;
  onSubscribed: () => void = () => undefined;
  onBatch: () => void = () => undefined;

  constructor(name: string, token: string) {
    this.name = name;
    this.#token = token;
  }

  get count(): number {
    return this.#count;
  }

  get missed(): number {
    return this.#missed;
  }

  connect(url: string): void {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('error', (error) => socket === this.#socket && this.#retry(url, error.message));
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'auth', token: this.#token }));
      // Sent at once, so that however late this process is, no live event comes before the missed ones.
      const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor };
      socket.send(JSON.stringify({ type: 'subscribe', events: ['message.sent'], ...cursor }));
    });
    socket.on('message', (data) => this.#read(socket, url, (data as Buffer).toString()));
  }

  /** On a busy machine this process may be too slow to send a request or its credential in time. */
  #retry(url: string, problem: string): void {
    if (this.#retries++ === MOST_RETRIES) return void this.wrong.push(`${this.name}: ${problem}`);
    this.#socket?.terminate();
    this.connect(url);
  }

  comeBack(url: string): void {
    this.comebacks++;
    const left = this.#socket;
    this.#socket = null;
    left?.terminate();
    this.connect(url);
  }

  #read(socket: WebSocket, url: string, text: string): void {
    // One that was left says nothing that counts.
    if (socket !== this.#socket) return;
    const message = JSON.parse(text) as EventMessage;
    if (message.type === 'subscribed') return this.onSubscribed();
    if (message.type === 'events.missed') this.#missed++;
    if (message.data['error_code'] === 'AUTHENTICATION_ERROR') return this.#retry(url, text);
    if (message.type === 'error.occurred') this.wrong.push(`${this.name}: ${text}`);
    if (message.type !== 'message.sent') return;
    const [call, serial] = String(message.data['message']).split(' ') as [string, string];
    const wanted = this.#seen.get(call) ?? 0;
    if (Number(serial) !== wanted)
      this.wrong.push(`${this.name}: ${serial} of call ${call} came where ${wanted} was due`);
    this.#seen.set(call, Number(serial) + 1);
    this.#cursor = message.cursor;
    this.#count++;
    if (this.#count % COME_BACK_AFTER === 0) this.onBatch();
    if (this.name === 'asleep' && this.#count === NAP_AFTER) {
      socket.pause();
      setTimeout(() => {
        this.napped = true;
        socket.resume();
      }, NAP_MS);
    }
  }
}

process.on('message', (request: ReadersRequest) => void run(request));

async function run({ urls, token, readers: many, expect }: ReadersRequest): Promise<void> {
  const readers = Array.from(
    { length: many },
    (_, n) => new Reader(n === 0 ? 'asleep' : n === 1 ? 'restless' : `reader ${n}`, token),
  );
  let ready = 0;
  const allReady = new Promise<void>((go) => {
    for (const reader of readers) {
      let counted = false;
      reader.onSubscribed = () => {
        if (!counted && ++ready === many) go();
        counted = true;
      };
    }
  });
  for (const [n, reader] of readers.entries()) {
    reader.connect(urls[n % urls.length]!);
    if (n % 50 === 49) await new Promise((later) => setTimeout(later, 20));
  }
  await allReady;
  process.send!({ ready: many });
  const restless = readers[1]!;
  // Each time at the other server.
  restless.onBatch = () => {
    if (restless.count < expect) restless.comeBack(urls[restless.comebacks % urls.length]!);
  };
  let last = -1;
  let quietSince = performance.now();
  for (;;) {
    const total = readers.reduce((sum, reader) => sum + reader.count, 0);
    if (total !== last) quietSince = performance.now();
    last = total;
    if (total >= many * expect || performance.now() - quietSince > SILENT_MS) break;
    await new Promise((later) => setTimeout(later, 100));
  }
  const report: ReadersReport = {
    complete: readers.filter((reader) => reader.count === expect).length,
    wrong: readers.flatMap((reader) => reader.wrong).slice(0, 20),
    comebacks: restless.comebacks,
    slept: readers[0]!.napped,
    missed: readers.reduce((sum, reader) => sum + reader.missed, 0),
  };
  process.send!(report);
}
