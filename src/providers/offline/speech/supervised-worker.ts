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
  readonly #data: unknown;
  readonly #stuckMs: number;
  readonly #onRestart: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker;
  #nextId = 1;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  restarts = 0;

  constructor(file: URL, data: unknown, stuckMs: number, onRestart: () => void = () => undefined) {
    this.#file = file;
    this.#data = data;
    this.#stuckMs = stuckMs;
    this.#onRestart = onRestart;
    this.#worker = this.#start();
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
      this.#worker.postMessage({ ...message, id });
      this.#timer ??= setInterval(() => this.#check(), CHECK_MS);
      this.#timer.unref();
    });
  }

  /** Fire and forget. */
  post(message: object): void {
    if (!this.#closed) this.#worker.postMessage(message);
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
    await this.#worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file, {
      workerData: this.#data,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker.unref();
    worker.on('message', (message: WorkerReply) => {
      if (worker !== this.#worker) return;
      const waiting = this.#waiting.get(message.id);
      if (!waiting) return this.onMessage(message as never);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting.resolve(message as never);
      else waiting.reject(new Error(message.error));
    });
    worker.on(
      'error',
      (error) => worker === this.#worker && this.#restart(error instanceof Error ? error : new Error(String(error))),
    );
    worker.on('exit', () => worker === this.#worker && this.#restart(new Error('the speech worker ended')));
    return worker;
  }

  #check(): void {
    const now = performance.now();
    for (const one of this.#waiting.values())
      if (now - one.sinceMs > this.#stuckMs) return this.#restart(new Error('the speech worker hung'));
  }

  #restart(reason: Error): void {
    if (this.#closed) return;
    const old = this.#worker;
    this.restarts++;
    this.#worker = this.#start();
    void old.terminate();
    // Whoever keeps a state in the worker tells it again, before what was asked of that state is asked again.
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
      this.#worker.postMessage(one.message);
    }
  }
}
