import { dialNextOfBatch } from '#core/calls/place-batch.ts';
import type { Core } from '#core/core.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Log } from '#core/kernel/log.ts';

const POLL_MS = 250;
/** Batches whose next calls are dialled at the same time; a carrier may take seconds to accept one. */
const AT_ONCE = 8;

/** Dials the calls of batches when they are due. Several servers share the batches. */
export class BatchDialler {
  readonly #core: Core;
  readonly #log: Pick<Log, 'error'>;
  readonly #running = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(core: Core, log: Pick<Log, 'error'>) {
    this.#core = core;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), POLL_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  /** One look at a time finds that nothing is due; each that finds a batch starts the next look. */
  #look(): void {
    if (this.#closed || this.#running.size >= AT_ONCE) return;
    const work: Promise<void> = this.#dial().finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #dial(): Promise<void> {
    const onError = (error: unknown, batch: number) =>
      logFailure(this.#log, error, 'a call of a batch could not be placed', { batch });
    try {
      while (!this.#closed && (await dialNextOfBatch(this.#core, onError)));
    } catch (error) {
      logFailure(this.#log, error, 'the calls of batches could not be dialled');
    }
  }
}
