import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { NOW, ZONE, type AgentSet, type Booking, type Question, type Questions } from '../offline-agent/agent-set.ts';
import { DENTIST } from '../offline-agent/agents/dentist.ts';
import { PARCELS } from '../offline-agent/agents/parcels.ts';
import { RESTAURANT } from '../offline-agent/agents/restaurant.ts';
import { SALES } from '../offline-agent/agents/sales.ts';
import { SUPPORT } from '../offline-agent/agents/support.ts';
import { judgeAnswer, Talker, type Judged } from '../offline-agent/judge.ts';
import { startServer, type TestServer } from '../support/server.ts';

// What the agent that needs no vendor answers, books and declines, over five agents. The held-out half is only counted.

const SETS: readonly AgentSet[] = [DENTIST, RESTAURANT, SUPPORT, PARCELS, SALES];

describe('the offline agent', () => {
  let server: TestServer;
  const talkers = new Map<AgentSet, Talker>();
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    mock.timers.enable({ apis: ['Date'], now: NOW });
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    const { status } = await server.request('PUT', '/api/organizations/org_1', { timezone: ZONE });
    assert.equal(status, 200);
    for (const set of SETS) talkers.set(set, await Talker.of(server, set, (close) => closers.push(close)));
  });
  after(async () => {
    await server.close();
    await Promise.all(closers.map((close) => close()));
    mock.timers.reset();
    assert.deepEqual(server.trouble, []);
  });

  async function all<T extends Question | Booking>(
    pick: (questions: Questions) => readonly T[],
    which: 'tuned' | 'heldOut',
    judge: (talker: Talker, item: T) => Promise<Judged<T>>,
  ): Promise<Judged<T>[]> {
    const judged: Judged<T>[] = [];
    for (const set of SETS) for (const item of pick(set[which])) judged.push(await judge(talkers.get(set)!, item));
    return judged;
  }
  const everyday = (which: 'tuned' | 'heldOut') =>
    all<Question>(
      (one) => one.everyday,
      which,
      (talker, item) => talker.question(item),
    );
  const facts = (which: 'tuned' | 'heldOut') =>
    all<Question>(
      (one) => one.facts,
      which,
      (talker, item) => talker.question(item),
    );
  const bookings = (which: 'tuned' | 'heldOut') =>
    all<Booking>(
      (one) => one.bookings,
      which,
      (talker, item) => talker.booking(item),
    );

  const of = (judged: readonly { readonly verdict: string }[], ...verdicts: string[]) =>
    judged.filter((one) => verdicts.includes(one.verdict)).length;
  const shown = (judged: readonly Judged<Question | Booking>[]) =>
    judged
      .filter((one) => one.verdict !== 'right')
      .map((one) => [`${one.verdict} (${one.agent}) ${one.found ?? ''}`, ...one.talk].join('\n  '))
      .join('\n');

  it('answers 80 of 100 everyday questions, and says nothing false', async (t) => {
    const judged = await everyday('tuned');
    t.diagnostic(`${of(judged, 'right')} of ${judged.length} right`);
    assert.equal(judged.length, 100);
    assert.equal(of(judged, 'false'), 0, shown(judged.filter((one) => one.verdict === 'false')));
    assert.ok(of(judged, 'right') >= 80, shown(judged));
  });

  it('books what was said in 27 of 30 talks, and never anything else', async (t) => {
    const judged = await bookings('tuned');
    t.diagnostic(`${of(judged, 'right')} of ${judged.length} right`);
    assert.equal(judged.length, 30);
    assert.equal(of(judged, 'elsewhere'), 0, shown(judged.filter((one) => one.verdict === 'elsewhere')));
    assert.ok(of(judged, 'right') >= 27, shown(judged));
  });

  it('tells 95 of 100 facts that differ in a number, and of the rest that it does not know', async (t) => {
    const judged = await facts('tuned');
    t.diagnostic(`${of(judged, 'right')} of ${judged.length} right`);
    assert.equal(judged.length, 100);
    assert.equal(of(judged, 'false', 'wrong'), 0, shown(judged.filter((one) => one.verdict !== 'unknown')));
    assert.ok(of(judged, 'right') >= 95, shown(judged));
  });

  it('is as good on cases that were kept from tuning, within bounds', async (t) => {
    for (const [what, judged] of [
      ['questions', await everyday('heldOut')],
      ['bookings', await bookings('heldOut')],
      ['facts', await facts('heldOut')],
    ] as const) {
      t.diagnostic(
        `held out, ${what}: ${of(judged, 'right')} of ${judged.length} right, ${of(judged, 'false', 'elsewhere')} false`,
      );
      assert.ok(of(judged, 'right') > judged.length / 2, what);
    }
  });

  it('answers the same through the API', async () => {
    for (const set of SETS) {
      const [first] = set.tuned.facts;
      assert.equal(judgeAnswer(first!, await talkers.get(set)!.askByApi(first!.asked)), 'right', first!.asked);
    }
  });
});
