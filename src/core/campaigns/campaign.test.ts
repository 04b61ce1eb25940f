import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Refusal } from '../dialling/may-dial.ts';
import { SHIPPED_RULES } from '../dialling/shipped-rules.ts';
import { AppError } from '../kernel/errors.ts';
import { timeZone } from '../kernel/locale.ts';
import { CAMPAIGN_DEFAULTS, CAMPAIGN_STATUSES, checkSettings, mayMove, type Campaign } from './campaign.ts';
import { standingOf } from './lead.ts';
import { holdOf, forecast, progressOf, standings, type CallingPlace, type LeadCount } from './reasons.ts';

const now = new Date('2026-06-09T18:00:00Z');
const CAMPAIGN: Campaign = {
  ...CAMPAIGN_DEFAULTS,
  name: 'C',
  id: 1,
  organizationId: 1,
  status: 'active',
  startedAt: now,
  completedAt: null,
  createdAt: now,
  updatedAt: now,
};

describe('a campaign', () => {
  it('moves only as it may', () => {
    const moves = CAMPAIGN_STATUSES.flatMap((from) =>
      CAMPAIGN_STATUSES.filter((to) => mayMove(from, to)).map((to) => `${from} ${to}`),
    );
    assert.deepEqual(moves, [
      'draft active',
      'draft paused',
      'draft completed',
      'active paused',
      'active completed',
      'paused active',
      'paused completed',
      'completed active',
    ]);
  });

  it('names each setting that is wrong', () => {
    const wrong = {
      ...CAMPAIGN_DEFAULTS,
      name: ' ',
      dailyCap: 0,
      maxAttempts: 51,
      maxConcurrentCalls: 1.5,
      weight: -1,
      callsPerSecond: 0,
      startsAt: now,
      endsAt: now,
      callingHours: { someday: [] } as never,
      callerIds: ['12'],
      retries: { ...CAMPAIGN_DEFAULTS.retries, busy: { attempts: -1, wait: { kind: 'open', minutes: [] } } } as const,
    };
    assert.doesNotThrow(() => checkSettings({ ...CAMPAIGN_DEFAULTS, name: 'C' }));
    assert.throws(
      () => checkSettings(wrong),
      (error) =>
        error instanceof AppError &&
        error.issues.map(({ path }) => path.split('.').at(-1)).join(' ') ===
          'name max_calls_per_day max_attempts_per_prospect max_concurrent_calls weight calls_per_second end_date ' +
            'calling_hours caller_id busy',
    );
  });

  it('is held by its status, its schedule and its daily cap', () => {
    const later = new Date(now.getTime() + 1);
    const hold = (more: Partial<Campaign>, dialled = 0) => holdOf({ ...CAMPAIGN, ...more }, dialled, now);
    assert.equal(hold({}), null);
    assert.equal(hold({ status: 'draft' }), 'not_started');
    assert.equal(hold({ startsAt: later }), 'not_started');
    assert.equal(hold({ startsAt: now }), null);
    assert.equal(hold({ status: 'paused' }), 'paused');
    assert.equal(hold({ status: 'completed' }), 'ended');
    assert.equal(hold({ status: 'paused', endsAt: now }), 'ended');
    assert.equal(hold({ endsAt: later }), null);
    assert.equal(hold({ dailyCap: 5 }, 4), null);
    assert.equal(hold({ dailyCap: 5 }, 5), 'daily_cap');
  });
});

describe('a lead', () => {
  const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
  const refused = (...reasons: readonly (readonly [string, Date | null])[]): readonly Refusal[] =>
    reasons.map(([reason, until]) => ({ reason, until, message: '' }) as never);
  it('stands by the first reason that nothing ends, then by the wait that ends last', () => {
    assert.deepEqual(standingOf([], now, now), { status: 'ready', reason: null, dueAt: now });
    assert.deepEqual(standingOf([], at(5), now), { status: 'waiting', reason: 'resting', dueAt: at(5) });
    assert.equal(standingOf(refused(['outside_hours', at(9)]), now, now).status, 'ready');
    const blocked = refused(['zone_unknown', null], ['do_not_call', null], ['resting', at(1)]);
    assert.deepEqual(standingOf(blocked, now, now), { status: 'blocked', reason: 'do_not_call', dueAt: now });
    const waits = refused(['attempt_limit', at(7)], ['resting', at(3)]);
    assert.deepEqual(standingOf(waits, at(5), now), { status: 'waiting', reason: 'attempt_limit', dueAt: at(7) });
    assert.deepEqual(standingOf(waits, at(8), now), { status: 'waiting', reason: 'resting', dueAt: at(8) });
  });
});

describe('why it is not dialling', () => {
  const place = (zone: string, alwaysOpen = false): CallingPlace => ({
    regions: [],
    zones: [timeZone(zone)],
    alwaysOpen,
  });
  // 18:00 UTC: 13:00 in Chicago, 03:00 in Tokyo.
  const [chicago, tokyo, test] = [place('America/Chicago'), place('Asia/Tokyo'), place('Asia/Tokyo', true)] as const;
  const count = (more: Partial<LeadCount>): LeadCount => ({
    place: chicago,
    status: 'ready',
    reason: null,
    attempted: false,
    leads: 1,
    ...more,
  });
  const ask = (counts: readonly LeadCount[], more: Partial<Parameters<typeof standings>[0]> = {}) =>
    standings({ counts, due: [], hold: null, rules: SHIPPED_RULES, own: [], now, ...more });
  const counts = [
    count({ leads: 4 }),
    count({ place: tokyo, leads: 3 }),
    count({ place: test, leads: 2 }),
    count({ status: 'waiting', reason: 'resting', leads: 5 }),
    count({ status: 'blocked', reason: 'do_not_call', leads: 1 }),
    count({ status: 'claimed', leads: 1 }),
    count({ status: 'dialling', leads: 2 }),
    count({ status: 'done', reason: 'answered', attempted: true, leads: 7 }),
    count({ status: 'done', reason: 'no_answer', attempted: true, leads: 1 }),
    count({ status: 'done', reason: 'busy', leads: 0 }),
  ];

  it('gives each lead one answer', () => {
    assert.deepEqual(ask(counts), {
      dialableNow: 6,
      blocked: { outside_hours: 3, resting: 5, do_not_call: 1, being_called: 3, done: 8 },
      total: 26,
      opensAt: null,
    });
    assert.deepEqual(ask(counts, { hold: 'paused' }).blocked.paused, 9);
    assert.deepEqual(ask(counts, { hold: 'paused' }).dialableNow, 0);
    assert.deepEqual(ask([count({ place: tokyo })]).opensAt, new Date('2026-06-09T23:00:00Z'));
    const own = [{ hours: { mon: [['09:00', '10:00']] }, limits: [], rests: [], requireConsent: false }] as never;
    assert.deepEqual(ask([count({})], { own }).opensAt, new Date('2026-06-15T14:00:00Z'));
  });

  it('counts leads that are due as ready before they are made so', () => {
    const due = [{ place: chicago, reason: 'resting', leads: 2 }] as const;
    const answer = ask(counts, { due });
    assert.deepEqual([answer.dialableNow, answer.blocked.resting], [8, 3]);
  });

  it('is forecast for each hour of the next day, in the hours of each place', () => {
    const hours = forecast(counts, { rules: SHIPPED_RULES, own: [], now });
    const at = (hour: number) => hours.find(({ from }) => from.getUTCHours() === hour)!.dialable;
    assert.equal(hours.length, 24);
    // Chicago is open until 02:00 UTC and from 13:00, Tokyo from 23:00 until 12:00; the test number always.
    assert.deepEqual([18, 22, 23, 1, 2, 11, 12, 13].map(at), [6, 6, 9, 9, 5, 5, 2, 6]);
  });

  it('progress counts the attempted and the done, by outcome', () => {
    assert.deepEqual(progressOf([...counts, count({ status: 'blocked', reason: 'invalid_number', leads: 2 })]), {
      total: 28,
      attempted: 8,
      done: 10,
      outcomes: { answered: 7, no_answer: 1, invalid_number: 2 },
    });
  });

  it('always adds up to the list', () => {
    const some = fc.record({
      place: fc.constantFrom(chicago, tokyo, test),
      standing: fc.constantFrom(
        { status: 'ready', reason: null } as const,
        { status: 'claimed', reason: null } as const,
        { status: 'waiting', reason: 'attempt_limit' } as const,
        { status: 'blocked', reason: 'zone_unknown' } as const,
        { status: 'done', reason: 'busy' } as const,
      ),
      attempted: fc.boolean(),
      leads: fc.integer({ min: 0, max: 1_000_000 }),
    });
    const holds = fc.constantFrom(null, 'not_started', 'paused', 'ended', 'daily_cap', 'capacity', 'carrier' as const);
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20 }), holds, (list, hold) => {
        const all = list.map(({ standing, ...one }) => ({ ...one, ...standing }));
        const { dialableNow, blocked, total } = ask(all, { hold: hold as never });
        const sum = dialableNow + Object.values(blocked).reduce((left, right) => left + right, 0);
        assert.equal(sum, total);
        assert.equal(
          total,
          all.reduce((left, { leads }) => left + leads, 0),
        );
      }),
    );
  });
});
