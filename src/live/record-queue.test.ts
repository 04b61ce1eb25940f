import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { replayJournal } from '#core/calls/replay-journal.ts';
import { RecordsUnavailable } from '#core/kernel/errors.ts';
import type { Store } from '#core/records.ts';
import { RecordQueue } from './record-queue.ts';
import { FolderJournal } from '../store/folder-journal.ts';

// A database that answers, fails before it has written, or has written and fails before it answers.

type Answer = 'ok' | 'away' | 'answer lost' | 'refused';

const clock = { now: () => new Date(0) };
const away = () => new RecordsUnavailable(new Error('no database'), new Date(0));

class FakeDatabase {
  readonly written: string[] = [];
  readonly events: string[] = [];
  #last = 0;
  answers: Answer[] = [];
  /** What it answers when `answers` is used up. */
  usual: Answer = 'ok';

  readonly store = {
    transaction: async (work: (records: unknown) => Promise<unknown>) => {
      await Promise.resolve();
      const answer = this.answers.shift() ?? this.usual;
      if (answer === 'away') throw away();
      if (answer === 'refused') throw new Error('invalid byte sequence');
      const result = await work(this.#records);
      if (answer === 'answer lost') throw away();
      return result;
    },
  } as unknown as Store;

  readonly #records = {
    calls: {
      write: (_id: number, _by: object, number: number, { phase }: { phase?: string }) => {
        if (number <= this.#last) return Promise.resolve('repeated');
        this.#last = number;
        this.written.push(phase!);
        return Promise.resolve('written');
      },
    },
    outbox: { event: (_: number, { type }: { type: string }) => Promise.resolve(void this.events.push(type)) },
  };
}

function open(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-journal-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const database = new FakeDatabase();
  const errors: string[] = [];
  const queue = (process: string) =>
    new RecordQueue({
      call: { id: 7, organizationId: 1, conversationId: 9, agentId: 1 },
      ownership: { owner: 'server', epoch: 1 },
      store: database.store,
      clock,
      journal: new FolderJournal(dir, process),
      onLost: () => assert.fail('the call is ours'),
      onError: (_, message) => errors.push(message),
    });
  return { dir, database, errors, queue };
}

const push = (queue: RecordQueue, n: number) =>
  queue.push({
    kind: 'progress',
    change: { phase: String(n) as never },
    event: { type: 'call.ringing', callId: 7, data: {} },
  });

/** Advances the mocked timers until a condition holds; the disk takes its own time. */
async function until(t: TestContext, condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < endMs, 'it never came');
    t.mock.timers.tick(100);
    await new Promise((turn) => setImmediate(turn));
  }
}

const filesIn = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1));

describe('records of a call', () => {
  it('are written once each and in order, whatever the database answers, and leave nothing behind', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const answer = fc.constantFrom<Answer>('ok', 'away', 'answer lost');
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 20 }), fc.integer({ min: 1, max: 12 }), async (answers, count) => {
        const { dir, database, queue } = open(t);
        database.answers = answers;
        const one = queue('p1');
        for (let n = 1; n <= count; n++) {
          push(one, n);
          if (n % 3 === 0) await new Promise((turn) => setImmediate(turn));
        }
        let done = false;
        void one.written().then(() => (done = true));
        await until(t, () => done);
        assert.deepEqual(database.written, numbers(count));
        assert.equal(database.events.length, count);
        assert.deepEqual(filesIn(dir), []);
      }),
      { numRuns: 40 },
    );
  });

  it('are written by the next process where this one is killed while the database is away', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { dir, database, queue } = open(t);
    database.answers = ['ok', 'answer lost'];
    database.usual = 'away';
    const killed = queue('p1');
    for (let n = 1; n <= 5; n++) push(killed, n);
    await until(t, () => filesIn(dir).length > 0);
    push(killed, 6);
    const journal = new FolderJournal(dir, 'p2');
    const held = async () => (await (await journal.left())[0]?.lines())?.length;
    for (let lines = await held(); lines !== 5; lines = await held()) await new Promise((turn) => setImmediate(turn));
    const failed: string[] = [];
    assert.equal(await replayJournal({ store: database.store, clock }, journal, (_, name) => failed.push(name)), 0);
    assert.equal(failed.length, 1, 'what cannot be written yet is kept');
    database.usual = 'ok';
    // Its last lines may have been cut short.
    assert.equal(
      await replayJournal({ store: database.store, clock }, journal, (error) => assert.fail(String(error))),
      4,
    );
    assert.deepEqual(database.written, numbers(6));
    assert.deepEqual(filesIn(dir), []);
  });

  it('are kept in the journal only beyond the memory limit, and are still written', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { dir, database, queue } = open(t);
    database.usual = 'away';
    const one = queue('p1');
    for (let n = 1; n <= 2500; n++) push(one, n);
    await until(t, () => filesIn(dir).length > 0);
    database.usual = 'ok';
    let done = false;
    void one.written().then(() => (done = true));
    await until(t, () => done);
    assert.deepEqual(database.written, numbers(2500));
    assert.deepEqual(filesIn(dir), []);
  });

  it('that a reachable database rejects are dropped after a while, logged, and do not block the others', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let now = 0;
    t.mock.method(performance, 'now', () => (now += 500));
    const { database, errors, queue } = open(t);
    database.usual = 'refused';
    const one = queue('p1');
    push(one, 1);
    await until(t, () => errors.includes('a record of the call was rejected by the database and is dropped'));
    database.usual = 'ok';
    push(one, 2);
    await until(t, () => database.written.includes('2'));
    assert.deepEqual(database.written, ['2']);
  });
});
