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

/** A record that has waited longer than this is also written to the journal. */
const JOURNAL_MS = 200;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;
/** A record that a reachable database rejects for this long is dropped, so that the records behind it are written. */
const REJECTED_TIMEOUT_MS = 60_000;
/** A wait longer than this is logged, once per call. */
const LOG_WAIT_MS = 60_000;
/** Further records of a call are kept in the journal only. */
const MOST_IN_MEMORY = 1000;

export interface QueueOptions {
  readonly call: Pick<Call, 'id' | 'organizationId' | 'conversationId' | 'agentId'>;
  readonly ownership: Ownership;
  readonly store: Store;
  readonly clock: WallClock;
  readonly journal: CallJournal;
  /** This server no longer owns the call: it is stored as ended, or another server has taken it over. */
  readonly onLost: (why: 'ended' | 'taken') => void;
  readonly onError: (error: unknown, message: string) => void;
}

/**
 * Writes the records of one call in order and once each, through any database outage. Until then they are kept in
 * memory
 * and in a journal file, from which another process on this machine writes them if this one is killed.
 */
export class RecordQueue {
  readonly #options: QueueOptions;
  readonly #name: string;
  readonly #waiting: NumberedRecord[] = [];
  #last = 0;
  /** Number of the last record in the journal; 0 if there is none. */
  #journaled = 0;
  #journalFailed = false;
  /** Records with a higher number are in the journal only. */
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
    const { id, organizationId, conversationId, agentId } = call;
    const numbered = { number: ++this.#last, call: { id, organizationId, conversationId, agentId }, by, record };
    if (this.#inMemory < numbered.number - 1 || this.#waiting.length >= MOST_IN_MEMORY) return this.#spill(numbered);
    this.#inMemory = numbered.number;
    this.#waiting.push(numbered);
    if (this.#journaled > 0) this.#journal();
    if (!this.#writing) this.#written = this.#writeAll();
  }

  /** Resolves when all records are stored. */
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
      await this.#writeWithRetry(next);
      clearTimeout(late);
      this.#waiting.shift();
    }
    this.#writing = false;
    // A record was pushed since the check.
    if (this.#waiting.length > 0 || this.#spilled) await this.#writeAll();
  }

  /** Retries until the database accepts the record, at growing intervals. */
  async #writeWithRetry(record: NumberedRecord): Promise<void> {
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
        else if (performance.now() - (refusedSince ??= performance.now()) > REJECTED_TIMEOUT_MS)
          return onError(error, 'a record of the call was rejected by the database and is dropped');
        this.#journal();
        if (!this.#said && performance.now() - began > LOG_WAIT_MS) {
          this.#said = true;
          onError(error, 'records of the call wait for the database');
        }
      }
      await pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries) * (0.5 + Math.random() / 2));
    }
  }

  /** The next record to write. When there is none, the call's journal is removed. */
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

  /** Appends the waiting records to the journal. */
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
        new Error('too many records wait in memory, and the journal cannot be written'),
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
    // The file does not hold the expected records; there is nothing else to read.
    if (this.#waiting.length === 0) this.#inMemory = this.#last;
  }

  #failed(error: unknown): void {
    if (!this.#journalFailed) this.#options.onError(error, 'the journal of the call cannot be written');
    this.#journalFailed = true;
  }
}

/** The timer does not keep the process alive: what a waiting call has to write is in the journal. */
const pause = (ms: number) => new Promise((over) => setTimeout(over, ms).unref());
