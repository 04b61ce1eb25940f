import type { CallJournal } from '#core/calls/call-journal.ts';
import {
  recordAsLine,
  recordOfLine,
  writeCallRecord,
  type CallRecord,
  type NumberedRecord,
} from '#core/calls/call-record.ts';
import type { Call } from '#core/calls/call.ts';
import { RecordsUnavailable } from '#core/kernel/errors.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { Ownership } from '#core/calls/call-store.ts';

/** A record that waits for longer is in the journal too. */
const JOURNAL_MS = 200;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;
/** A record that a reachable database refuses for so long is given up, so that those behind it are written. */
const REFUSED_MS = 60_000;
/** A wait that is worth a line in the log, once a call. */
const SAY_MS = 60_000;
/** Beyond this a call's records wait in the journal alone. */
const MOST_IN_MEMORY = 1000;

export interface QueueOptions {
  readonly call: Pick<Call, 'id' | 'organizationId' | 'agentId'>;
  readonly ownership: Ownership;
  readonly store: Store;
  readonly clock: WallClock;
  readonly journal: CallJournal;
  /** The call is not ours any more: it has ended on record, or somebody else owns it. */
  readonly onLost: (why: 'ended' | 'taken') => void;
  readonly onError: (error: unknown, message: string) => void;
}

/**
 * The records of one call, written in order and once each, however long the database is away. Meanwhile they are kept in
 * memory, and in the journal, from which another process of this machine writes them if this one is killed.
 */
export class RecordQueue {
  readonly #options: QueueOptions;
  readonly #name: string;
  readonly #waiting: NumberedRecord[] = [];
  #last = 0;
  /** The last record that the journal holds; 0 while there is none. */
  #journaled = 0;
  #journalFailed = false;
  /** Records behind this one are in the journal and not in memory. */
  #inMemory = 0;
  #said = false;
  #journaling: Promise<void> = Promise.resolve();
  #written: Promise<void> = Promise.resolve();
  #writing = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#name = `${options.call.id}-${options.ownership.epoch}`;
  }

  push(record: CallRecord): void {
    const { call, ownership: by } = this.#options;
    const { id, organizationId, agentId } = call;
    const numbered = { number: ++this.#last, call: { id, organizationId, agentId }, by, record };
    if (this.#inMemory < numbered.number - 1 || this.#waiting.length >= MOST_IN_MEMORY) return this.#spill(numbered);
    this.#inMemory = numbered.number;
    this.#waiting.push(numbered);
    if (this.#journaled > 0) this.#journal();
    if (!this.#writing) this.#written = this.#writeAll();
  }

  /** Resolves when everything is on record. */
  async written(): Promise<void> {
    await this.#written;
  }

  get #spilled(): boolean {
    return this.#inMemory < this.#last;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    for (let next = await this.#next(); next; next = await this.#next()) {
      const late = setTimeout(() => this.#journal(), JOURNAL_MS);
      late.unref();
      await this.#insist(next);
      clearTimeout(late);
      this.#waiting.shift();
    }
    this.#writing = false;
    // Pushed since it was looked for.
    if (this.#waiting.length > 0 || this.#spilled) await this.#writeAll();
  }

  /** A database that is away costs no record; it is asked again, ever more rarely. */
  async #insist(record: NumberedRecord): Promise<void> {
    const { onLost, onError } = this.#options;
    const began = performance.now();
    let refusedSince: number | null = null;
    for (let tries = 0; ; tries++) {
      try {
        const result = await writeCallRecord(this.#options, record);
        if (record.record.kind !== 'end' && (result === 'ended' || result === 'taken')) onLost(result);
        return;
      } catch (error) {
        if (error instanceof RecordsUnavailable) refusedSince = null;
        else if (performance.now() - (refusedSince ??= performance.now()) > REFUSED_MS)
          return onError(error, 'a record of the call could not be written and is left out');
        this.#journal();
        if (!this.#said && performance.now() - began > SAY_MS) {
          this.#said = true;
          onError(error, 'records of the call wait for the database');
        }
      }
      await pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries) * (0.5 + Math.random() / 2));
    }
  }

  /** The record to be written next; when there is none, nothing of the call is left in the journal. */
  async #next(): Promise<NumberedRecord | null> {
    if (this.#waiting.length === 0 && this.#spilled) await this.#reload();
    if (this.#waiting.length === 0 && this.#journaled > 0) {
      await this.#journaling;
      if (this.#waiting.length > 0 || this.#spilled) return this.#next();
      this.#journaled = 0;
      this.#journaling = this.#options.journal.remove(this.#name).catch((error: unknown) => this.#failed(error));
      await this.#journaling;
      if (this.#spilled) return this.#next();
    }
    return this.#waiting[0] ?? null;
  }

  /** Adds what waits to the journal, from where it ends. */
  #journal(): void {
    const fresh = this.#waiting.filter(({ number }) => number > this.#journaled);
    if (fresh.length > 0) this.#append(fresh);
  }

  #append(records: readonly NumberedRecord[]): void {
    this.#journaled = records.at(-1)!.number;
    this.#journaling = this.#journaling
      .then(() => this.#options.journal.append(this.#name, records.map(recordAsLine)))
      .catch((error: unknown) => this.#failed(error));
  }

  #spill(record: NumberedRecord): void {
    if (this.#journalFailed) {
      this.#inMemory = record.number;
      return this.#options.onError(
        new Error('more records wait than memory may hold, and the journal cannot be written'),
        'a record of the call is lost',
      );
    }
    this.#journal();
    this.#append([record]);
  }

  async #reload(): Promise<void> {
    await this.#journaling;
    const lines = await this.#options.journal.read(this.#name).catch((error: unknown) => {
      this.#failed(error);
      return [];
    });
    for (const record of lines.map(recordOfLine))
      if (record && record.number > this.#inMemory && this.#waiting.length < MOST_IN_MEMORY) {
        this.#waiting.push(record);
        this.#inMemory = record.number;
      }
    // The file does not hold what it should: there is nothing more to be had.
    if (this.#waiting.length === 0) this.#inMemory = this.#last;
  }

  #failed(error: unknown): void {
    if (!this.#journalFailed) this.#options.onError(error, 'records of the call cannot be kept on disk');
    this.#journalFailed = true;
  }
}

/** A call that waits keeps no process alive: what it has to write is in the journal. */
const pause = (ms: number) => new Promise((over) => setTimeout(over, ms).unref());
