import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instantsIn, timeZone } from '../kernel/locale.ts';
import { mayDial, rulesAt, type Callee, type PastAttempt } from './may-dial.ts';
import { ruleProblems } from './rule-problems.ts';
import { NO_OWN_RULES } from './rules.ts';
import { SHIPPED_RULES } from './shipped-rules.ts';

const NO_PLACE: Callee = {
  number: '+18005550100',
  postalCode: null,
  region: null,
  country: null,
  timeZone: null,
  doNotCall: false,
  consented: null,
};
const ask = (person: Partial<Callee>, now: Date, history: readonly PastAttempt[] = []) =>
  mayDial({
    person: { ...NO_PLACE, ...person },
    now,
    history,
    campaignId: 1,
    rules: SHIPPED_RULES,
    own: [NO_OWN_RULES],
  });
const isOpen = (person: Partial<Callee>, now: Date) => ask(person, now).allowed;

// Monday 2026-06-08 to Sunday 2026-06-14: no holiday in it, in any of the places.
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dateOf = (day: (typeof DAYS)[number]) => `2026-06-${String(8 + DAYS.indexOf(day)).padStart(2, '0')}`;
const atClock = (zone: string, date: string, time: string) => {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return instantsIn(timeZone(zone), date, hour, minute)[0]!;
};

/** `8-20 sat 10-17 sun -`: the hours of weekdays, and of the days that differ. */
function expected(words: string): Record<string, readonly (readonly [string, string])[]> {
  const spans = (text: string) =>
    text === '-'
      ? []
      : text
          .split('+')
          .map((span) => span.split('-').map((one) => (one.includes(':') ? one : `${one}:00`)) as [string, string]);
  const [usual, ...rest] = words.split(' ') as [string, ...string[]];
  const week = Object.fromEntries(DAYS.map((day) => [day, spans(usual)]));
  for (let index = 0; index < rest.length; index += 2) week[rest[index]!] = spans(rest[index + 1]!);
  return week;
}

// As the places demand, each with the floor of 8 to 21 that holds everywhere.
const HOURS: Readonly<Record<string, readonly [zone: string, words: string]>> = {
  '*': ['Asia/Tokyo', '8-21'],
  US: ['America/Denver', '8-21'],
  'US-AL': ['America/Chicago', '8-20 sun -'],
  'US-CT': ['America/New_York', '9-20'],
  'US-FL': ['America/New_York', '8-20'],
  'US-IL': ['America/Chicago', '8-21'],
  'US-IN': ['America/Chicago', '9-20'],
  'US-KY': ['America/New_York', '10-21'],
  'US-LA': ['America/Chicago', '8-20 sun -'],
  'US-ME': ['America/New_York', '9-17'],
  'US-MD': ['America/New_York', '8-20'],
  'US-MA': ['America/New_York', '8-20'],
  'US-MI': ['America/Detroit', '9-21'],
  'US-MN': ['America/Chicago', '9-21'],
  'US-MS': ['America/Chicago', '8-20 sun -'],
  'US-NE': ['America/Chicago', '8-21'],
  'US-NM': ['America/Denver', '9-21'],
  'US-NV': ['America/Los_Angeles', '9-20'],
  'US-OK': ['America/Chicago', '8-20'],
  'US-PA': ['America/New_York', '8-21 sun 13:30-21'],
  'US-RI': ['America/New_York', '9-18 sat 10-17 sun -'],
  'US-SD': ['America/Chicago', '8-21 sun -'],
  'US-TN': ['America/Chicago', '8-21'],
  'US-TX': ['America/Chicago', '8-21 sun 12-21'],
  'US-UT': ['America/Denver', '9-20'],
  'US-WA': ['America/Los_Angeles', '8-20'],
  'US-WY': ['America/Denver', '8-20'],
  CA: ['America/Toronto', '9-21 sat 10-18 sun 10-18'],
  GB: ['Europe/London', '8-21'],
  FR: ['Europe/Paris', '10-13+14-20 sat - sun -'],
  DE: ['Europe/Berlin', '8-21'],
  EU: ['Europe/Rome', '8-21'],
};

/** A person of whom only the place of a rule is known. */
function personIn(id: string, zone: string): Partial<Callee> {
  const [country, region = null] = id.split('-') as [string, string?];
  const named = id === '*' ? null : country === 'EU' ? 'IT' : country;
  // Colorado has no rule of its own.
  return { country: named, region: id === 'US' ? 'CO' : region, timeZone: zone };
}

describe('shipped rules: the hours of every entry, on every weekday, a minute before, at and after each edge', () => {
  for (const { id, name } of SHIPPED_RULES)
    it(`1. ${id} (${name})`, () => {
      const [zone, words] = HOURS[id]!;
      const person = personIn(id, zone);
      for (const [day, spans] of Object.entries(expected(words))) {
        const date = dateOf(day as (typeof DAYS)[number]);
        if (spans.length === 0)
          for (let hour = 0; hour < 24; hour++)
            assert.equal(isOpen(person, atClock(zone, date, `${hour}:00`)), false, `${day} ${hour}:00`);
        for (const [from, to] of spans)
          for (const [time, open] of [
            [from, true],
            [to, false],
          ] as const) {
            const edge = atClock(zone, date, time).getTime();
            for (const offset of [-60_000, -1, 0, 60_000])
              assert.equal(
                isOpen(person, new Date(edge + offset)),
                offset < 0 ? !open : open,
                `${day} ${time} ${offset}`,
              );
          }
      }
    });

  it('every entry has its test, and no test is without an entry', () => {
    assert.deepEqual(SHIPPED_RULES.map(({ id }) => id).toSorted(), Object.keys(HOURS).toSorted());
  });
});

describe('shipped rules: dates, limits, rests and what must be said', () => {
  const noon = (zone: string, date: string) => atClock(zone, date, '12:00');

  it('Alabama and Louisiana: closed on holidays, and on the weekday beside one at a weekend', () => {
    for (const state of ['AL', 'LA']) {
      const person = { country: 'US', region: state, timeZone: 'America/Chicago' };
      const closed = [
        '2026-01-01',
        '2026-01-19',
        '2026-05-25',
        '2026-07-03',
        '2026-07-04',
        '2026-09-07',
        '2026-11-26',
        '2026-12-25',
      ];
      for (const date of closed) assert.equal(isOpen(person, noon('America/Chicago', date)), false, `${state} ${date}`);
      for (const date of ['2026-01-02', '2026-07-06', '2026-11-27'])
        assert.equal(isOpen(person, noon('America/Chicago', date)), true, `${state} ${date}`);
    }
  });

  it('France: closed on public holidays, the moving ones too', () => {
    const closed = [
      '2026-01-01',
      '2026-04-06',
      '2026-05-01',
      '2026-05-08',
      '2026-05-14',
      '2026-05-25',
      '2026-07-14',
      '2026-12-25',
    ];
    for (const date of [...closed, '2027-03-29', '2027-05-06'])
      assert.equal(isOpen({ number: '+33612345678' }, atClock('Europe/Paris', date, '11:00')), false, date);
    assert.equal(isOpen({ number: '+33612345678' }, atClock('Europe/Paris', '2026-05-15', '11:00')), true);
  });

  const dials = (count: number, at: Date, outcome: PastAttempt['outcome'] = 'no_answer'): readonly PastAttempt[] =>
    Array.from({ length: count }, () => ({ at, endedAt: at, outcome, campaignId: 7 }));

  for (const [id, count, hours, number, timeZone] of [
    ['*', 3, 24, '+81312345678', 'Asia/Tokyo'],
    ['US-FL', 3, 24, '+13055550100', 'America/New_York'],
    ['US-OK', 3, 24, '+14055550100', 'America/Chicago'],
    ['FR', 4, 30 * 24, '+33612345678', 'Europe/Paris'],
  ] as const)
    it(`${id}: the dial after ${count} in ${hours} hours is refused until the first of them leaves the window`, () => {
      const first = noon(timeZone, '2026-06-09');
      // Two a day, so that the limit of three in 24 hours is not what refuses.
      const history =
        hours > 24 ? [...dials(2, first), ...dials(2, new Date(first.getTime() + 86_400_000))] : dials(count, first);
      const over = new Date(first.getTime() + hours * 3_600_000);
      assert.equal(ask({ number }, new Date(over.getTime() - 1), history).allowed, false);
      assert.equal(ask({ number }, over, history).allowed, true);
      assert.equal(ask({ number }, new Date(first.getTime() + 3 * 86_400_000), history.slice(1)).allowed, true);
      const owners = rulesAt({ regions: ['US', 'US-FL', 'US-OK', 'FR'] }, SHIPPED_RULES).filter((one) => one.id === id);
      assert.deepEqual(owners[0]!.limits, [{ count, hours, scope: 'number' }]);
    });

  for (const [number, outcome, hours, zone] of [
    ['+442079460000', 'abandoned', 72, 'Europe/London'],
    ['+13125550100', 'abandoned', 72, 'America/Chicago'],
    ['+33612345678', 'declined', 60 * 24, 'Europe/Paris'],
  ] as const)
    it(`${number.slice(0, 3)}: rests for ${hours} hours after ${outcome}`, () => {
      const at = noon(zone, '2026-06-12');
      const before = ask({ number }, new Date(at.getTime() + hours * 3_600_000 - 1), dials(1, at, outcome));
      assert.ok(!before.allowed && before.reasons.some(({ reason }) => reason === 'resting'));
      const after = ask({ number }, new Date(at.getTime() + hours * 3_600_000), dials(1, at, outcome));
      assert.ok(after.allowed || after.reasons.every(({ reason }) => reason === 'outside_hours'));
      assert.equal(ask({ number }, new Date(at.getTime() + 1_800_000), dials(1, at, 'no_answer')).allowed, true);
    });

  it('consent and disclosure are named for each country', () => {
    const of = (id: string) => SHIPPED_RULES.find((one) => one.id === id)!;
    assert.deepEqual(
      ['US', 'CA', 'GB', 'FR', 'DE', 'EU'].map((id) => [of(id).consent, of(id).disclosure.join(' ')]),
      [
        ['prior-written', 'caller callback-number opt-out'],
        ['prior', 'caller callback-number'],
        ['prior', 'caller callback-number'],
        ['prior', ''],
        ['prior-written', ''],
        ['none', 'artificial-voice'],
      ],
    );
    assert.ok(rulesAt({ regions: ['DE'] }, SHIPPED_RULES).some(({ id }) => id === 'EU'));
  });

  it('every entry is well formed and dated', () => {
    assert.deepEqual(ruleProblems(SHIPPED_RULES), []);
  });

  it('what is not well formed is named', () => {
    const [first] = SHIPPED_RULES;
    const broken = {
      ...first!,
      id: 'Florida',
      hours: { mon: [['20:00', '08:00']] },
      closed: ['13-40', '6 mon jan'],
      limits: [{ count: 0, hours: 24, scope: 'number' }],
      rests: [{ after: ['silence'], hours: -1 }],
      source: '',
      asOf: 'yesterday',
    };
    const fields = ruleProblems([broken] as unknown as typeof SHIPPED_RULES).map((one) => one.split(':')[0]);
    assert.deepEqual(
      new Set(fields),
      new Set([
        'Florida.id',
        'Florida.hours',
        'Florida.closed',
        'Florida.limits',
        'Florida.rests',
        'Florida.source',
        'Florida.asOf',
      ]),
    );
    assert.equal(ruleProblems([first!, first!]).length, 1);
  });
});
