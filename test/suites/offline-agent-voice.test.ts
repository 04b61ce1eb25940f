import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { NOW, ZONE, type AgentSet, type Booking, type Question, type Questions } from '../offline-agent/agent-set.ts';
import { DENTIST } from '../offline-agent/agents/dentist.ts';
import { PARCELS } from '../offline-agent/agents/parcels.ts';
import { RESTAURANT } from '../offline-agent/agents/restaurant.ts';
import { SALES } from '../offline-agent/agents/sales.ts';
import { SUPPORT } from '../offline-agent/agents/support.ts';
import { Talker, type Judged } from '../offline-agent/judge.ts';
import { startServer, type TestServer } from '../support/server.ts';

// The sets of the offline agent by voice: each line is spoken, carried as mu-law at 8 kHz and recognised offline.
// Every eighth item is judged; EVERY=1 judges all of them, SHOW=1 prints the talks.

const SETS: readonly AgentSet[] = [DENTIST, RESTAURANT, SUPPORT, PARCELS, SALES];
/** Least shares of right answers, below the measured ones (docs/offline-agent.md); nothing false has no margin. */
const RIGHT = { everyday: 0.55, facts: 0.85, bookings: 0.6 };
const EVERY = Number(process.env['EVERY'] ?? 8);

describe('the offline agent by voice', () => {
  let server: TestServer;
  let speech: OfflineProviders;
  const talkers = new Map<AgentSet, Talker>();
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    mock.timers.enable({ apis: ['Date'], now: NOW });
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    speech = makeOfflineProviders(2);
    const { status } = await server.request('PUT', '/api/organizations/org_1', { timezone: ZONE });
    assert.equal(status, 200);
    for (const set of SETS) {
      const talker = await Talker.of(server, set, (close) => closers.push(close));
      talker.speech = speech;
      talkers.set(set, talker);
    }
  });
  after(async () => {
    await speech.close();
    await server.close();
    await Promise.all(closers.map((close) => close()));
    mock.timers.reset();
    assert.deepEqual(server.trouble, []);
  });

  async function some<T extends Question | Booking>(
    pick: (questions: Questions) => readonly T[],
    which: 'tuned' | 'heldOut',
    judge: (talker: Talker, item: T) => Promise<Judged<T>>,
  ): Promise<Judged<T>[]> {
    const judged: Judged<T>[] = [];
    for (const set of SETS)
      for (const [at, item] of pick(set[which]).entries())
        if (at % EVERY === 0) judged.push(await judge(talkers.get(set)!, item));
    return judged;
  }

  const of = (judged: readonly { readonly verdict: string }[], ...verdicts: string[]) =>
    judged.filter((one) => verdicts.includes(one.verdict)).length;
  const shown = (judged: readonly Judged<Question | Booking>[]) =>
    judged.map((one) => [`${one.verdict} (${one.agent}) ${one.found ?? ''}`, ...one.talk].join('\n  ')).join('\n');

  for (const which of ['tuned', 'heldOut'] as const) {
    for (const [kind, title] of [
      ['everyday', 'answers everyday questions'],
      ['facts', 'tells facts'],
    ] as const)
      it(`${title} (${which})`, async (t) => {
        const judged = await some<Question>(
          (one) => one[kind],
          which,
          (talker, item) => talker.question(item),
        );
        const right = of(judged, 'right');
        t.diagnostic(`${kind}: ${right} of ${judged.length} right, ${of(judged, 'false')} false`);
        if (process.env['SHOW']) t.diagnostic(shown(judged));
        assert.equal(of(judged, 'false'), 0, shown(judged));
        assert.ok(right >= judged.length * RIGHT[kind], shown(judged));
      });

    it(`books nothing but what was said (${which})`, async (t) => {
      const judged = await some<Booking>(
        (one) => one.bookings,
        which,
        (talker, item) => talker.booking(item),
      );
      const right = of(judged, 'right');
      t.diagnostic(`${right} of ${judged.length} right, ${of(judged, 'elsewhere')} booked otherwise`);
      if (process.env['SHOW']) t.diagnostic(shown(judged));
      assert.equal(of(judged, 'elsewhere'), 0, shown(judged));
      assert.ok(right >= judged.length * RIGHT.bookings, shown(judged));
    });
  }
});
