import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOf, type EndedDial } from './attempt.ts';
import { callerIdFor, dialsAllowed, freeSlots, paced, shareSlots, type Contender, type Pace } from './pacing.ts';

const now = new Date('2026-06-09T18:00:00Z');

/** Shares slots until so many dials were made; one campaign may end before. */
function dialsOf(campaigns: readonly Contender[], dials: number, endsAfter = Infinity): Map<number, number> {
  const made = new Map(campaigns.map(({ id }) => [id, 0]));
  const served = new Map(campaigns.map((one) => [one.id, one.served]));
  for (let total = 0; total < dials; total++) {
    const all = campaigns.map((one) => ({ ...one, served: served.get(one.id)! }));
    const contenders = all.filter(({ id }) => id !== 1 || made.get(1)! < endsAfter);
    for (const [id, share] of shareSlots(contenders, all, 1)) {
      if (share.dials === 0) continue;
      made.set(id, made.get(id)! + share.dials);
      served.set(id, share.served + share.dials / campaigns.find((one) => one.id === id)!.weight);
    }
  }
  return made;
}

describe('pacing', () => {
  const two: readonly Contender[] = [
    { id: 1, weight: 2, served: 0, wanted: 1000 },
    { id: 2, weight: 1, served: 0, wanted: 1000 },
  ];

  it('12. two campaigns with shares 2:1 dial 2:1; a finished one releases its share at once', () => {
    const made = dialsOf(two, 300);
    assert.ok(Math.abs(made.get(1)! - 200) <= 5, `${made.get(1)} of 300`);
    assert.deepEqual(
      [...dialsOf(two, 300, 40)],
      [
        [1, 40],
        [2, 260],
      ],
    );
    const atOnce = shareSlots(two, two, 30);
    assert.deepEqual([atOnce.get(1)!.dials, atOnce.get(2)!.dials], [20, 10]);
  });

  it('12. a campaign that was idle does not catch up on what it missed', () => {
    const made = dialsOf([{ ...two[0]!, weight: 1, served: 500 }, two[1]!], 100);
    assert.ok(Math.abs(made.get(2)! - 50) <= 2, `${made.get(2)} of 100`);
  });

  it('11. leaves 30 % of the calls to callers, and none over the limit', () => {
    assert.equal(freeSlots({ live: 0, outbound: 0 }, 0, 50), 35);
    assert.equal(freeSlots({ live: 35, outbound: 35 }, 0, 50), 0);
    assert.equal(freeSlots({ live: 15, outbound: 0 }, 5, 50), 30);
    assert.equal(freeSlots({ live: 45, outbound: 20 }, 0, 50), 5);
    assert.equal(freeSlots({ live: 0, outbound: 0 }, 0, 1), 1);
  });

  it('keeps to the calls per second', () => {
    let pace: Pace = { dialAfter: new Date(0), served: 0 };
    let dials = 0;
    for (let ms = 0; ms < 10_000; ms += 50) {
      const at = new Date(now.getTime() + ms);
      const allowed = dialsAllowed(4, pace, at, 100);
      if (allowed > 0) pace = paced({ callsPerSecond: 4, weight: 1 }, pace, at, { dials: allowed, served: 0 });
      dials += allowed;
    }
    assert.ok(dials >= 38 && dials <= 41, `${dials} dials in 10 s`);
    assert.equal(dialsAllowed(null, pace, now, 7), 7);
  });

  it('keeps one caller id per person', () => {
    const ids = ['+15550000001', '+15550000002'];
    assert.equal(callerIdFor(ids, 7, null), callerIdFor(ids, 7, null));
    assert.equal(callerIdFor(ids, 7, ids[0]!), ids[0]);
    assert.notEqual(callerIdFor(ids, 7, '+15559999999'), '+15559999999');
    assert.equal(callerIdFor([], 7, null), null);
  });
});

describe('10. and 15. the outcome of an attempt', () => {
  const dial: EndedDial = {
    status: 'completed',
    endReason: 'completed',
    endedBy: 'agent',
    answeredAt: now,
    endedAt: new Date(now.getTime() + 60_000),
    disposition: null,
    waitingSince: null,
    carrierCallId: 'C1',
    dialled: true,
    talkMs: null,
    refused: false,
    leavesMessage: true,
  };
  const untaken = { carrierCallId: null, answeredAt: null } as const;
  const cases: readonly (readonly [what: string, change: Partial<EndedDial>, outcome: string])[] = [
    ['a talk', {}, 'answered'],
    ['hung up at once, by the clock of the call', { endedBy: 'caller', talkMs: 4000 }, 'hung_up'],
    ['a caller who hangs up later', { endedBy: 'caller' }, 'answered'],
    ['who refuses on the call', { refused: true }, 'opted_out'],
    ['who declines', { endReason: 'refused' }, 'declined'],
    ['who waits for a human in vain', { waitingSince: now }, 'abandoned'],
    ['who was promised a human and met none', { endReason: 'abandoned' }, 'abandoned'],
    ['a machine', { status: 'voicemail' }, 'voicemail_left'],
    ['a number that does not exist', { status: 'refused', endReason: 'invalid_number', ...untaken }, 'invalid_number'],
    ['no carrier can be used', { status: 'refused', endReason: 'carrier_unavailable', ...untaken }, 'not-dialled'],
    ['the carrier is silent', { status: 'refused', endReason: 'unknown', ...untaken }, 'unknown'],
    ['recalled before a carrier was asked', { status: 'canceled', dialled: false, ...untaken }, 'not-dialled'],
    ['recalled while the carrier was asked', { status: 'canceled', ...untaken }, 'canceled'],
    ['recalled while it rang', { status: 'canceled' }, 'canceled'],
    ['the server died before it asked', { status: 'broken', dialled: false, ...untaken }, 'not-dialled'],
    ['the server died after it asked', { status: 'broken', ...untaken }, 'unknown'],
    ['broken off', { status: 'broken' }, 'failed'],
  ];
  for (const [what, change, outcome] of cases)
    it(`${what}: ${outcome}`, () => assert.equal(outcomeOf({ ...dial, ...change }), outcome));
});
