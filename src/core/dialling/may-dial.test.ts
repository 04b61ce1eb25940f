import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mayDial, type Callee, type DialQuestion, type PastAttempt } from './may-dial.ts';
import { ATTEMPT_OUTCOMES, NO_OWN_RULES, withOverrides, type Jurisdiction, type OwnRules } from './rules.ts';
import { SHIPPED_RULES } from './shipped-rules.ts';
import { WEEKDAYS, weekHoursProblems, type Span, type WeekHours } from './week-hours.ts';

const HOUR_MS = 3_600_000;
const PERSON: Callee = {
  number: '+13125550100',
  postalCode: null,
  region: null,
  country: null,
  timeZone: null,
  doNotCall: false,
  consented: null,
};
const ask = (question: Partial<DialQuestion> & { readonly person?: Callee }) =>
  mayDial({
    person: PERSON,
    now: new Date('2026-06-09T18:00:00Z'),
    history: [],
    campaignId: 1,
    rules: SHIPPED_RULES,
    own: [NO_OWN_RULES],
    ...question,
  });
const reasonsOf = (verdict: ReturnType<typeof mayDial>) =>
  verdict.allowed ? [] : verdict.reasons.map(({ reason }) => reason);
const dial = (at: string | Date, more: Partial<PastAttempt> = {}): PastAttempt => ({
  at: new Date(at),
  endedAt: null,
  outcome: 'no_answer',
  campaignId: 1,
  ...more,
});

describe('whether a person may be dialled', () => {
  it('says until when, at most until the zone that closes first closes', () => {
    const both = { ...PERSON, postalCode: '90001' };
    // Chicago closes at 21:00 CDT; Los Angeles would be open for two hours more.
    assert.deepEqual(ask({ person: both }), { allowed: true, closesAt: new Date('2026-06-10T02:00:00Z') });
    const verdict = ask({ person: both, now: new Date('2026-06-10T02:00:00Z') });
    assert.ok(!verdict.allowed);
    assert.deepEqual(verdict.earliest, new Date('2026-06-10T15:00:00Z'));
    assert.match(
      verdict.reasons[0]!.message,
      /^Outside the calling hours: it is 19:00 in America\/Los_Angeles, 21:00 in America\/Chicago; they open at 2026/,
    );
  });

  it('names every reason that no waiting ends, and then no instant', () => {
    const person = { ...PERSON, number: '+15557770001', doNotCall: true, consented: false };
    const verdict = ask({ person });
    assert.deepEqual(reasonsOf(verdict), ['do_not_call', 'no_consent', 'zone_unknown']);
    assert.ok(
      !verdict.allowed && verdict.earliest === null && verdict.reasons.every(({ message }) => message.endsWith('.')),
    );
    assert.deepEqual(reasonsOf(ask({ person: { ...PERSON, number: '312' } })), ['invalid_number', 'zone_unknown']);
    assert.deepEqual(reasonsOf(ask({ history: [dial('2026-01-01', { outcome: 'invalid_number' })] })), [
      'invalid_number',
    ]);
    assert.deepEqual(reasonsOf(ask({ history: [dial('2026-01-01', { outcome: 'opted_out' })] })), ['do_not_call']);
  });

  it('consent is needed where it was refused, or where it is required', () => {
    const required: OwnRules = { ...NO_OWN_RULES, requireConsent: true };
    assert.equal(ask({}).allowed, true);
    assert.deepEqual(reasonsOf(ask({ own: [NO_OWN_RULES, required] })), ['no_consent']);
    assert.equal(ask({ own: [required], person: { ...PERSON, consented: true } }).allowed, true);
    assert.deepEqual(reasonsOf(ask({ person: { ...PERSON, consented: false } })), ['no_consent']);
  });

  it('2. of three dials by campaigns and APIs the first counts for 86,400 seconds, and no fourth is allowed', () => {
    const first = new Date('2026-06-08T18:00:30Z');
    const history = [
      dial(first, { campaignId: 7 }),
      dial(new Date(first.getTime() + HOUR_MS), { campaignId: null }),
      dial(new Date(first.getTime() + 2 * HOUR_MS), { campaignId: 9, outcome: null }),
    ];
    const end = new Date(first.getTime() + 86_400_000);
    const refused = ask({ history, now: new Date(end.getTime() - 1) });
    assert.deepEqual(reasonsOf(refused), ['attempt_limit']);
    assert.deepEqual(!refused.allowed && refused.earliest, end);
    assert.equal(ask({ history, now: end }).allowed, true);
    assert.equal(ask({ history: history.slice(1), now: new Date(end.getTime() - 1) }).allowed, true);
  });

  it('a limit of the campaign counts its own dials only', () => {
    const own: OwnRules = { ...NO_OWN_RULES, limits: [{ count: 1, hours: 48, scope: 'campaign' }] };
    const history = [dial('2026-06-08T18:00:00Z', { campaignId: 2 })];
    assert.equal(ask({ own: [own], history, campaignId: 1 }).allowed, true);
    assert.deepEqual(reasonsOf(ask({ own: [own], history, campaignId: 2 })), ['attempt_limit']);
  });

  it('test numbers have no hours and no limits, but can refuse', () => {
    const person = { ...PERSON, number: '+15005550006' };
    const history = [1, 2, 3, 4, 5].map(() => dial('2026-06-09T08:59:00Z'));
    assert.deepEqual(ask({ person, history, now: new Date('2026-06-09T09:00:00Z') }), {
      allowed: true,
      closesAt: null,
    });
    assert.deepEqual(reasonsOf(ask({ person: { ...person, doNotCall: true } })), ['do_not_call']);
  });

  it('an override replaces fields of one entry only', () => {
    const now = new Date('2026-06-10T01:30:00Z');
    const person = { ...PERSON, number: '+13055550100' };
    assert.equal(ask({ person, now: new Date('2026-06-10T00:30:00Z') }).allowed, false);
    const rules = withOverrides(SHIPPED_RULES, { 'US-FL': { hours: null } });
    assert.equal(ask({ person, rules, now: new Date('2026-06-10T00:30:00Z') }).allowed, true);
    assert.equal(ask({ person, rules, now }).allowed, false);
  });

  it('hours that nothing opens have no first instant', () => {
    const verdict = ask({ own: [{ ...NO_OWN_RULES, hours: {} }] });
    assert.ok(!verdict.allowed && verdict.earliest === null);
  });

  it('hours that a client sends are checked', () => {
    assert.deepEqual(
      weekHoursProblems({
        mon: [
          ['09:00', '12:00'],
          ['13:00', '24:00'],
        ],
      }),
      [],
    );
    for (const wrong of [
      null,
      [],
      { someday: [] },
      { mon: '9-5' },
      { mon: [['9:00', '12:00']] },
      { mon: [['12:00', '09:00']] },
      { mon: [['09:60', '12:00']] },
      { mon: [['09:00']] },
    ])
      assert.equal(weekHoursProblems(wrong).length, 1, JSON.stringify(wrong));
  });
});

// Properties, over places with and without daylight time, near the nights on which clocks change.
const numbers = fc.constantFrom(
  '+13125550100',
  '+16235550100',
  '+19285550100',
  '+442079460000',
  '+33612345678',
  '+61412345678',
  '+13055550100',
  '+17095550100',
);
const nights = [
  '2026-03-08T08:00:00Z',
  '2026-11-01T07:00:00Z',
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-04-04T15:30:00Z',
  '2026-12-24T18:00:00Z',
];
const instants = fc
  .tuple(fc.constantFrom(...nights), fc.integer({ min: -5 * 24 * 3600, max: 5 * 24 * 3600 }))
  .map(([night, seconds]) => new Date(Date.parse(night) + seconds * 1000));
const times = fc
  .integer({ min: 0, max: 48 })
  .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`);
const spans = fc.tuple(times, times).filter(([from, to]) => from < to) as fc.Arbitrary<Span>;
const weeks: fc.Arbitrary<WeekHours> = fc
  .tuple(...WEEKDAYS.map(() => fc.array(spans, { maxLength: 3 })))
  .map((days) => Object.fromEntries(WEEKDAYS.map((day, index) => [day, days[index]!])));
const limits = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  hours: fc.constantFrom(1, 24, 72),
  scope: fc.constantFrom('number' as const, 'campaign' as const),
});
const rests = fc.record({ after: fc.subarray([...ATTEMPT_OUTCOMES]), hours: fc.constantFrom(1, 24, 72) });
const ownRules: fc.Arbitrary<OwnRules> = fc.record({
  hours: fc.option(weeks),
  limits: fc.array(limits, { maxLength: 2 }),
  rests: fc.array(rests, { maxLength: 2 }),
  requireConsent: fc.constant(false),
});
/** Rules that leave the nights open too, so that the hours which clocks skip and repeat are in them. */
const openRules: readonly Jurisdiction[] = SHIPPED_RULES.map((rule) => ({ ...rule, hours: null }));
const questions = fc
  .record({
    number: numbers,
    timeZone: fc.option(fc.constantFrom('America/Chicago', 'Australia/Lord_Howe', 'America/St_Johns', 'Europe/Dublin')),
    now: instants,
    own: fc.array(ownRules, { minLength: 1, maxLength: 2 }),
    past: fc.array(
      fc.record({
        agoHours: fc.integer({ min: 0, max: 100 }),
        outcome: fc.option(fc.constantFrom(...ATTEMPT_OUTCOMES)),
        campaignId: fc.constantFrom(1, 2, null),
      }),
      { maxLength: 6 },
    ),
    rules: fc.constantFrom(SHIPPED_RULES, openRules),
  })
  .map(({ number, timeZone, now, own, past, rules }): DialQuestion => ({
    person: { ...PERSON, number, timeZone },
    now,
    own,
    rules,
    campaignId: 1,
    history: past.map(({ agoHours, ...one }) => ({
      ...one,
      endedAt: null,
      at: new Date(now.getTime() - agoHours * HOUR_MS),
    })),
  }));

describe('properties of the rules', () => {
  it('the first instant is allowed, and no instant before it is', () => {
    fc.assert(
      fc.property(questions, fc.double({ min: 0, max: 1, noNaN: true }), (question, share) => {
        const verdict = mayDial(question);
        if (verdict.allowed || verdict.earliest === null) return;
        const at = (ms: number) => mayDial({ ...question, now: new Date(ms) });
        const [now, earliest] = [question.now.getTime(), verdict.earliest.getTime()];
        assert.ok(earliest > now);
        assert.equal(at(earliest).allowed, true);
        assert.equal(at(earliest - 1).allowed, false);
        const between = at(Math.floor(now + (earliest - 1 - now) * share));
        assert.deepEqual(!between.allowed && between.earliest, verdict.earliest);
      }),
      { numRuns: 100 },
    );
  });

  it('open hours close when they say, and not before', () => {
    fc.assert(
      fc.property(questions, fc.double({ min: 0, max: 1, noNaN: true }), (question, share) => {
        const verdict = mayDial({ ...question, history: [] });
        if (!verdict.allowed || verdict.closesAt === null) return;
        const [now, end] = [question.now.getTime(), verdict.closesAt.getTime()];
        const at = (ms: number) => mayDial({ ...question, history: [], now: new Date(ms) }).allowed;
        assert.ok(at(Math.floor(now + (end - 1 - now) * share)) && at(end - 1));
        // Hours that never close are known for two days ahead.
        if (end - now < 24 * HOUR_MS) assert.equal(at(end), false);
      }),
      { numRuns: 100 },
    );
  });

  it('one more dial in the past never makes more allowed', () => {
    fc.assert(
      fc.property(
        questions,
        fc.integer({ min: 0, max: 99 }),
        fc.option(fc.constantFrom(...ATTEMPT_OUTCOMES)),
        (question, agoHours, outcome) => {
          const more = dial(new Date(question.now.getTime() - agoHours * HOUR_MS), { outcome });
          const [before, after] = [mayDial(question), mayDial({ ...question, history: [...question.history, more] })];
          if (!before.allowed) assert.equal(after.allowed, false);
          if (!before.allowed && !after.allowed && after.earliest !== null)
            assert.ok(before.earliest !== null && before.earliest <= after.earliest);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('the strictest wins: what is allowed by several rules is allowed by each alone', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const alone = [
          ...question.rules.map((rule) => ({ ...question, rules: [rule], own: [NO_OWN_RULES] })),
          ...question.own.map((own) => ({ ...question, rules: [], own: [own] })),
        ];
        assert.equal(
          mayDial(question).allowed,
          alone.every((one) => mayDial(one).allowed),
        );
      }),
      { numRuns: 100 },
    );
  });
});
