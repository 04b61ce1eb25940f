import { Worker } from 'node:worker_threads';

export interface WorkerReply {
  readonly id: number;
  readonly error?: string;
}

interface Waiting {
  readonly message: object;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
  tries: number;
  sinceMs: number;
}

const CHECK_MS = 500;
const TRIES = 2;

/**
 * A worker thread with a watchdog: one that dies, or keeps a request longer than `stuckMs`, is ended and started anew,
 * and what it still owed is asked again once. A request whose second try fails too is rejected; the process goes on.
 */
export class SupervisedWorker {
  readonly #file: URL;
  readonly #data: () => Promise<unknown>;
  readonly #stuckMs: number;
  #repliedMs = 0;
  readonly #onRestart: () => void;
  readonly #waiting = new Map<number, Waiting>();
  /** Null until it is first needed: a worker holds its models in memory. */
  #worker: Thread | null = null;
  #nextId = 1;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  restarts = 0;

  constructor(file: URL, data: () => Promise<unknown>, stuckMs: number, onRestart: () => void = () => undefined) {
    this.#file = file;
    this.#data = data;
    this.#stuckMs = stuckMs;
    this.#onRestart = onRestart;
  }

  /** Messages without a reply of their own arrive here. */
  onMessage: (message: never) => void = () => undefined;

  get pending(): number {
    return this.#waiting.size;
  }

  request<Reply extends WorkerReply>(message: object): Promise<Reply> {
    if (this.#closed) return Promise.reject(new Error('offline speech is shut down'));
    const id = this.#nextId++;
    return new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { message: { ...message, id }, resolve, reject, tries: 1, sinceMs: performance.now() });
      this.#started().postMessage({ ...message, id });
      this.#timer ??= setInterval(() => this.#check(), CHECK_MS);
      this.#timer.unref();
    });
  }

  /** Fire and forget. */
  post(message: object): void {
    if (!this.#closed) this.#started().postMessage(message);
  }

  /** Ends the worker as if it had hung; for tests of what follows. */
  kill(): void {
    this.#restart(new Error('killed'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    for (const one of this.#waiting.values()) one.reject(new Error('offline speech is shut down'));
    this.#waiting.clear();
    await this.#worker?.terminate();
  }

  #started(): Thread {
    return (this.#worker ??= this.#start());
  }

  #start(): Thread {
    const worker: Thread = new Thread(this.#file, this.#data(), {
      onMessage: (message) => worker === this.#worker && this.#heard(message),
      onEnd: (error) => worker === this.#worker && this.#restart(error),
      onNoData: (error) => worker === this.#worker && this.#giveUp(error),
    });
    return worker;
  }

  #heard(message: WorkerReply): void {
    this.#repliedMs = performance.now();
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return this.onMessage(message as never);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting.resolve(message as never);
    else waiting.reject(new Error(message.error));
  }

  /** What every worker needs is not there: another one would fare no better. */
  #giveUp(error: Error): void {
    this.#worker = null;
    for (const one of this.#waiting.values()) one.reject(error);
    this.#waiting.clear();
  }

  #check(): void {
    const now = performance.now();
    // A queue that moves is no hang, however long the last of it has waited.
    for (const one of this.#waiting.values())
      if (now - Math.max(one.sinceMs, this.#repliedMs) > this.#stuckMs)
        return this.#restart(new Error('the speech worker hung'));
  }

  #restart(reason: Error): void {
    if (this.#closed) return;
    const old = this.#worker;
    this.restarts++;
    const worker = (this.#worker = this.#start());
    void old?.terminate();
    // Clients with state in the worker restore it before their pending requests are repeated.
    this.#onRestart();
    // Requests are worked off in order: only the oldest can be to blame.
    let oldest = true;
    for (const [id, one] of this.#waiting) {
      const blamed = oldest;
      oldest = false;
      if (blamed && one.tries >= TRIES) {
        this.#waiting.delete(id);
        one.reject(reason);
        continue;
      }
      if (blamed) one.tries++;
      one.sinceMs = performance.now();
      worker.postMessage(one.message);
    }
  }
}

interface ThreadEvents {
  readonly onMessage: (message: WorkerReply) => void;
  readonly onEnd: (error: Error) => void;
  readonly onNoData: (error: Error) => void;
}

/** One worker; messages posted before its data is loaded are queued. */
class Thread {
  readonly #early: object[] = [];
  #worker: Worker | null = null;
  #ended = false;

  constructor(file: URL, data: Promise<unknown>, events: ThreadEvents) {
    data.then(
      (workerData) => this.#begin(file, workerData, events),
      (error: unknown) => events.onNoData(asError(error)),
    );
  }

  #begin(file: URL, workerData: unknown, { onMessage, onEnd }: ThreadEvents): void {
    if (this.#ended) return;
    const worker = new Worker(file, { workerData, execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.#worker = worker;
    worker.unref();
    worker.on('message', onMessage);
    worker.on('error', (error) => onEnd(asError(error)));
    worker.on('exit', () => onEnd(new Error('the speech worker ended')));
    for (const message of this.#early.splice(0)) worker.postMessage(message);
  }

  postMessage(message: object): void {
    if (this.#worker) this.#worker.postMessage(message);
    else this.#early.push(message);
  }

  async terminate(): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
