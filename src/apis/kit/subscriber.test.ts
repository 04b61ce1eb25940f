import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EventFeed, FedEvent } from '#core/events/event-feed.ts';
import { MOST_BEHIND, readCursor, cursorText, Subscriber, type EventMessages } from './subscriber.ts';

/** Events with one message, or two for every third; every fifth belongs to another organization. */
const eventAt = (position: number) =>
  ({
    position,
    organizationId: position % 5 === 0 ? 2 : 1,
    at: new Date(0),
    event: { type: 'agent.created', agentId: position, data: {} },
    call: null,
    conversation: null,
  }) as FedEvent;
const partsOf = ({ position }: FedEvent) => (position % 3 === 0 ? 2 : 1);
const told = (event: FedEvent): EventMessages[] =>
  Array.from({ length: partsOf(event) }, (_, n) => ({
    type: n === 0 ? 'a' : 'b',
    frame: Buffer.from(`${cursorText(event.position, n + 1, partsOf(event))} `),
  }));
const sees = (event: FedEvent) => event.organizationId === 1;
const expected = (after: number, until: number, types = ['a', 'b']): string[] =>
  Array.from({ length: until - after }, (_, n) => eventAt(after + 1 + n))
    .filter(sees)
    .flatMap((event) =>
      told(event)
        .filter((one) => types.includes(one.type))
        .map((one) => one.frame.toString().trim()),
    );

class MadeUpFeed implements EventFeed {
  position = 0;
  reads = 0;
  listen(): () => void {
    return () => undefined;
  }
  now(): Promise<void> {
    return Promise.resolve();
  }
  async read(after: number, until: number, limit: number): Promise<readonly FedEvent[]> {
    this.reads++;
    await Promise.resolve();
    return Array.from({ length: Math.max(0, Math.min(until, this.position) - after) }, (_, n) =>
      eventAt(after + 1 + n),
    ).slice(0, limit);
  }
}

class Line {
  readonly feed = new MadeUpFeed();
  readonly missed: { after: number; until: number; count: number | null }[] = [];
  got = '';
  waiting = 0;
  most = 0;
  readonly subscriber = new Subscriber({
    feed: this.feed,
    told,
    sees,
    write: (bytes) => {
      this.got += bytes.toString();
      this.waiting += bytes.length * 2000;
      this.most = Math.max(this.most, this.waiting);
    },
    waiting: () => this.waiting,
    missed: (gap) => this.missed.push(gap),
    onError: (error) => assert.fail(String(error)),
  });

  happen(n: number): void {
    if (n === 0) return;
    const events = Array.from({ length: n }, (_, i) => eventAt(this.feed.position + 1 + i));
    this.feed.position += n;
    this.subscriber.take(events, this.subscriber.forAlike(events));
  }

  /** Reads until nothing more comes. */
  async drain(): Promise<void> {
    for (let [quiet, before] = [0, -1]; quiet < 3; quiet = this.got.length === before ? quiet + 1 : 0) {
      before = this.got.length;
      this.waiting = 0;
      this.subscriber.drained();
      for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    }
  }

  get cursors(): string[] {
    return this.got.trim() === '' ? [] : this.got.trim().split(' ');
  }
}

describe('a reader of events', () => {
  it('gets each event that it may see once and in order, however fast it reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ happen: fc.integer({ min: 0, max: 90 }) }),
            fc.constant('drain' as const),
            fc.constant('tick' as const),
          ),
          { maxLength: 40 },
        ),
        async (script) => {
          const line = new Line();
          line.subscriber.want(['a', 'b'], null);
          for (const step of script) {
            if (step === 'drain') {
              line.waiting = 0;
              line.subscriber.drained();
            } else if (step === 'tick') await Promise.resolve();
            else line.happen(step.happen);
          }
          await line.drain();
          assert.deepEqual(line.cursors, expected(0, line.feed.position));
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('holds back what happens until it subscribes or is released, and gets all of it once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom('release', 'want', 'resume'),
        fc.nat(),
        async (before, held, later, how, cursor) => {
          const line = new Line();
          line.happen(before);
          line.subscriber.want(['a', 'b'], null);
          await line.drain();
          line.got = '';
          line.subscriber.hold();
          line.happen(held);
          await line.drain();
          assert.equal(line.got, '');
          const from = Math.min(cursor, before);
          if (how === 'release') line.subscriber.release();
          else line.subscriber.want(['a'], how === 'want' ? null : { position: from, part: 0 });
          line.happen(later);
          await line.drain();
          const types = how === 'release' ? ['a', 'b'] : ['a'];
          assert.deepEqual(line.cursors, expected(how === 'resume' ? from : before, before + held + later, types));
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it('goes on after any cursor, also in the middle of an event, and also where this server lags behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        async (before, ahead, later) => {
          const all = expected(0, before + ahead + later);
          const known = expected(0, before);
          const line = new Line();
          // The client has received events on another server that have not reached this one.
          line.happen(before);
          const cursor = expected(0, before + ahead).at(-1);
          line.subscriber.want(['a', 'b'], cursor === undefined ? { position: 0, part: 0 } : readCursor(cursor));
          for (let n = 0; n < ahead + later; n++) {
            line.happen(1);
            if (n % 3 === 0) await line.drain();
          }
          await line.drain();
          assert.deepEqual(line.cursors, all.slice(expected(0, before + ahead).length));
          assert.ok(known.length <= all.length);
          // From the middle of the delivered events.
          const [middle] = all.slice(Math.floor(all.length / 2));
          if (middle === undefined) return;
          const other = new Line();
          other.feed.position = line.feed.position;
          other.subscriber.want(['a', 'b'], readCursor(middle));
          await other.drain();
          assert.deepEqual(other.cursors, all.slice(all.indexOf(middle) + 1));
        },
      ),
      { numRuns: 100, seed: 11 },
    );
  });

  it('keeps nothing for who does not read', () => {
    const line = new Line();
    line.subscriber.want(['a'], null);
    for (let n = 0; n < 5000; n++) line.happen(1);
    assert.ok(line.most < 400 * 1024, `${line.most} bytes were waiting`);
    assert.equal(line.feed.reads, 0, 'and asks for nothing in vain');
  });

  it('tells who is too far behind exactly what is left out', async () => {
    const line = new Line();
    line.feed.position = MOST_BEHIND + 1234;
    line.subscriber.want(['b'], { position: 0, part: 0 });
    await line.drain();
    assert.deepEqual(line.missed, [{ after: 0, until: 1234, count: expected(0, 1234, ['b']).length }]);
    assert.deepEqual(line.cursors, expected(1234, line.feed.position, ['b']));
  });

  it('wants nothing until it says so, and no more once it says so', () => {
    const line = new Line();
    line.happen(5);
    assert.deepEqual(line.cursors, []);
    line.subscriber.want(['a'], null);
    line.happen(1);
    line.subscriber.want([], null);
    line.happen(10);
    assert.deepEqual(line.cursors, expected(5, 6, ['a']));
  });

  it('reads no cursor that is none', () => {
    for (const text of ['', 'x', '-1', '1.', '1.x', '1.22', '1e3', ' 1', '9'.repeat(16)])
      assert.equal(readCursor(text), null, text);
  });
});
