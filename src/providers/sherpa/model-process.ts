import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { FromModel, ModelSpec, ToModel } from './model-messages.ts';
import { resolvedEngine, type InstalledModel } from './installed-models.ts';

export interface ProcessLimits {
  /** Requests at once; a further one fails. */
  readonly mostWaiting: number;
  /** While requests wait, the process may give no answer and no audio for this long, ms. */
  readonly stuckMs: number;
  /** A model may take this long to load, ms. */
  readonly loadMs: number;
  /** The process gives a sign of life at least this often, ms. */
  readonly silentMs: number;
  readonly memoryBytes: number;
  /** Before the first restart after it worked; doubled by each further one, up to the longest. */
  readonly restartMs: number;
  readonly longestRestartMs: number;
}

const LIMITS: ProcessLimits = {
  mostWaiting: 64,
  stuckMs: 15_000,
  loadMs: 120_000,
  silentMs: 15_000,
  memoryBytes: 3 * 1024 ** 3,
  restartMs: 250,
  longestRestartMs: 60_000,
};

const CHECK_MS = 500;
const LAST_WORDS = 300;
/** Cores for one model; calls need theirs too. */
const threads = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));

type Reply = Extract<FromModel, { readonly type: 'reply' }>;
type Request = Extract<ToModel, { readonly id: number; readonly type: 'speak' | 'finish' }>;
type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly sinceMs: number;
}

/** One start of the process. */
interface Run {
  readonly child: ChildProcess;
  readonly startedMs: number;
  loaded: boolean;
  heardMs: number;
  /** The last message that was more than a sign of life. */
  workedMs: number;
  /** Why we ended it. */
  reason: string | null;
  lastWords: string;
}

/**
 * A model in a process of its own: native code and models may crash, hang or grow, and then nothing is lost but the
 * requests that are under way, which fail. It is started again after a pause that grows with each failure.
 */
export class ModelProcess {
  readonly #model: InstalledModel;
  readonly #limits: ProcessLimits;
  readonly #worker: URL;
  readonly #waiting = new Map<number, Waiting>();
  readonly #loading: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #run: Run | null = null;
  #nextId = 1;
  #failures = 0;
  #restart: NodeJS.Timeout | null = null;
  #check: NodeJS.Timeout | null = null;
  #lastFailure = '';
  #closed = false;

  /** Messages that answer no request: audio until its request has been answered, and partial texts. */
  onMessage: (message: Exclude<FromModel, Reply>) => void = () => undefined;
  /** The process ended; what it held is lost. */
  onLost: (error: Error) => void = () => undefined;

  constructor(
    model: InstalledModel,
    limits: Partial<ProcessLimits> = {},
    worker = new URL('./model-worker.ts', import.meta.url),
  ) {
    this.#model = model;
    this.#limits = { ...LIMITS, ...limits };
    this.#worker = worker;
  }

  /** The process; null while there is none. */
  get pid(): number | null {
    return this.#run?.child.pid ?? null;
  }

  /** Starts it where it does not run. @throws Error if the model cannot be loaded, or `signal` says so */
  async load(signal: AbortSignal): Promise<void> {
    if (this.#start().loaded) return;
    // The process alone keeps no command running that waits for it.
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<void>((resolve, reject) => {
      this.#loading.push({ resolve, reject });
      signal.addEventListener('abort', () => reject(new Error('its model takes long to load')), { once: true });
    }).finally(() => clearInterval(alive));
  }

  /** @throws Error where it fails, is busy, or rests after a failure; `id` can be dropped */
  request(message: WithoutId<Request>): { readonly id: number; readonly reply: Promise<Reply> } {
    const id = this.#nextId++;
    if (this.#waiting.size >= this.#limits.mostWaiting) return { id, reply: Promise.reject(new Error('is busy')) };
    const reply = new Promise<Reply>((resolve, reject) => {
      const { child } = this.#start();
      this.#waiting.set(id, { resolve, reject, sinceMs: performance.now() });
      child.send({ ...message, id });
    });
    return { id, reply };
  }

  /** @throws Error while it rests after a failure */
  post(message: Exclude<ToModel, Request>): void {
    this.#start().child.send(message);
  }

  drop(id: number): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    waiting.reject(new Error('is not wanted any more'));
    this.#run?.child.send({ type: 'drop', id });
  }

  close(): void {
    this.#closed = true;
    if (this.#restart) clearTimeout(this.#restart);
    if (this.#check) clearInterval(this.#check);
    this.#run?.child.kill('SIGKILL');
    this.#fail(new Error('is shut down'));
  }

  #start(): Run {
    if (this.#run) return this.#run;
    if (this.#closed) throw new Error('is shut down');
    if (this.#restart) throw new Error(this.#lastFailure);
    try {
      return this.#begin();
    } catch (error) {
      this.#rest(`could not be started: ${error instanceof Error ? error.message : String(error)}`);
      throw new Error(this.#lastFailure, { cause: error });
    }
  }

  #begin(): Run {
    const { does, engine, folder } = this.#model;
    const spec: ModelSpec = { does, engine: resolvedEngine(engine, folder), threads };
    const child = fork(this.#worker, [JSON.stringify(spec)], {
      // Native code gets none of our secrets.
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const now = performance.now();
    const run: Run = { child, startedMs: now, heardMs: now, workedMs: now, loaded: false, reason: null, lastWords: '' };
    this.#run = run;
    child.on('error', (error) => {
      run.reason ??= error.message;
      // A process that was not started has no end.
      if (child.pid === undefined) this.#ended(run, null, null);
    });
    child.stderr?.on('data', (data: Buffer) => (run.lastWords = (run.lastWords + String(data)).slice(-LAST_WORDS)));
    child.on('message', (message: FromModel) => this.#heard(run, message));
    child.on('close', (code, signal) => this.#ended(run, code, signal));
    // A send that fails is followed by the end of the process.
    child.unref();
    child.channel?.unref();
    (child.stderr as unknown as { unref(): void } | null)?.unref();
    this.#check ??= setInterval(() => this.#look(), CHECK_MS).unref();
    return run;
  }

  #heard(run: Run, message: FromModel): void {
    run.heardMs = performance.now();
    if (message.type !== 'pulse') run.workedMs = run.heardMs;
    if (message.type === 'loaded') {
      run.loaded = true;
      for (const { resolve } of this.#loading.splice(0)) resolve();
    } else if (message.type === 'pulse') {
      const { memoryBytes } = this.#limits;
      if (message.memoryBytes > memoryBytes) this.#end(run, `used more than ${memoryBytes / 1024 ** 2} MB`);
    } else if (message.type === 'reply') {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      this.#failures = 0;
      if (message.error === undefined) waiting?.resolve(message);
      else waiting?.reject(new Error(message.error));
    } else if (message.type !== 'audio' || this.#waiting.has(message.id)) this.onMessage(message);
  }

  #look(): void {
    const run = this.#run;
    if (!run) return;
    const now = performance.now();
    const { stuckMs, loadMs, silentMs } = this.#limits;
    if (!run.loaded) {
      if (now - run.startedMs > loadMs) this.#end(run, 'did not load its model in time');
      return;
    }
    // Requests are worked off in order: a queue that moves is no hang, however long the last of it has waited.
    const isStuck = [...this.#waiting.values()].some(({ sinceMs }) => now - Math.max(sinceMs, run.workedMs) > stuckMs);
    if (isStuck || now - run.heardMs > silentMs) this.#end(run, 'hung');
  }

  #end(run: Run, reason: string): void {
    run.reason ??= reason;
    run.child.kill('SIGKILL');
  }

  #ended(run: Run, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#run !== run) return;
    this.#run = null;
    if (this.#closed) return;
    const words = run.lastWords.trim().split('\n').at(-1) ?? '';
    const how = run.reason ?? `ended (${signal ?? code})${words === '' ? '' : `: ${words}`}`;
    this.#rest(how);
  }

  /** Fails what was asked, and starts the process again after a pause. */
  #rest(how: string): void {
    this.#lastFailure = `the process of ${this.#model.name} ${how}`;
    const { restartMs, longestRestartMs } = this.#limits;
    const pauseMs = Math.min(longestRestartMs, restartMs * 2 ** this.#failures++);
    this.#restart = setTimeout(() => {
      this.#restart = null;
      try {
        this.#start();
      } catch {
        // It rests again.
      }
    }, pauseMs).unref();
    this.#fail(new Error(this.#lastFailure));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#loading.splice(0)) reject(error);
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(error);
    this.onLost(error);
  }
}
