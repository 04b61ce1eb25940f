import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAtOrAfter, type OpenHours } from '../dialling/open-hours.ts';
import { ATTEMPT_OUTCOMES, type AttemptOutcome } from '../dialling/rules.ts';
import { SHIPPED_RULES } from '../dialling/shipped-rules.ts';
import { timeZone, wallClock } from '../kernel/locale.ts';
import { DEFAULT_RETRIES, nextDue, RETRIED, type EndedAttempt, type RetryTable } from './retry.ts';

const rules = (...ids: string[]) => SHIPPED_RULES.filter(({ id }) => ids.includes(id));
const ALABAMA: OpenHours = { zones: [timeZone('America/Chicago')], jurisdictions: rules('*', 'US', 'US-AL'), own: [] };
const CHICAGO: OpenHours = { ...ALABAMA, jurisdictions: rules('*', 'US', 'US-IL') };
const ended = (at: string, outcome: AttemptOutcome): EndedAttempt => ({
  dialledAt: new Date(Date.parse(at) - 20_000),
  endedAt: new Date(at),
  outcome,
});
const due = (
  attempts: readonly EndedAttempt[],
  hours: OpenHours | null = ALABAMA,
  table: RetryTable = DEFAULT_RETRIES,
) => nextDue({ attempts, maxAttempts: 10, table, hours })?.toISOString() ?? null;

describe('9. the next attempt by outcome, in open time across a weekend and a holiday', () => {
  // Friday 2026-05-22, 19:50 in Alabama, where Sundays and Memorial Day are closed.
  const friday = '2026-05-23T00:50:00Z';
  const tuesday = '2026-05-26T13:00:00Z';
  const cases: readonly (readonly [what: string, attempts: readonly EndedAttempt[], due: string | null])[] = [
    ['busy: 15 minutes, of which 5 are of Saturday', [ended(friday, 'busy')], '2026-05-23T13:05:00.000Z'],
    [
      'busy again: 30 minutes',
      [ended('2026-05-22T18:00:00Z', 'busy'), ended(friday, 'busy')],
      '2026-05-23T13:20:00.000Z',
    ],
    [
      'busy on Saturday evening: after Sunday and the holiday',
      [ended('2026-05-24T00:50:00Z', 'busy')],
      '2026-05-26T13:05:00.000Z',
    ],
    ['busy a third time: never', [1, 2, 3].map(() => ended(friday, 'busy')), null],
    ['no answer in the evening: the next morning', [ended(friday, 'no_answer')], '2026-05-23T13:00:00.000Z'],
    ['no answer in the morning: at noon', [ended('2026-05-22T15:00:00Z', 'no_answer')], '2026-05-22T17:00:00.000Z'],
    ['no answer at noon: at four', [ended('2026-05-22T18:00:00Z', 'no_answer')], '2026-05-22T21:00:00.000Z'],
    ['a machine: another part of the day', [ended('2026-05-22T18:00:00Z', 'voicemail')], '2026-05-22T21:00:00.000Z'],
    ['a machine a third time: never', [1, 2, 3].map(() => ended(friday, 'voicemail')), null],
    [
      'a message left on Saturday: Tuesday',
      [ended('2026-05-23T18:00:00Z', 'voicemail_left')],
      tuesday.replace('Z', '.000Z'),
    ],
    ['a second message: never', [1, 2].map(() => ended(friday, 'voicemail_left')), null],
    ['screened: the next day', [ended('2026-05-22T15:00:00Z', 'screening')], '2026-05-23T13:00:00.000Z'],
    ['screened on Saturday: Tuesday', [ended('2026-05-23T15:00:00Z', 'screening')], tuesday.replace('Z', '.000Z')],
    ['hung up: 24 hours later', [ended('2026-05-21T15:00:07Z', 'hung_up')], '2026-05-22T15:00:07.000Z'],
    ['a network failure: 10 minutes', [ended('2026-05-22T15:00:00Z', 'failed')], '2026-05-22T15:10:00.000Z'],
    ['a second network failure: never', [1, 2].map(() => ended(friday, 'failed')), null],
    ['given up by us: at once', [ended(friday, 'no_answer'), ended(friday, 'canceled')], '2026-05-23T00:50:00.000Z'],
    ...ATTEMPT_OUTCOMES.filter((one) => one !== 'canceled' && !(RETRIED as readonly string[]).includes(one)).map(
      (outcome) => [`${outcome}: never`, [ended(friday, outcome)], null] as const,
    ),
    ['nothing dialled yet: nothing to repeat', [], null],
  ];
  for (const [what, attempts, expected] of cases) it(what, () => assert.equal(due(attempts), expected));

  it('a campaign can set its own waits', () => {
    const table: RetryTable = { ...DEFAULT_RETRIES, no_answer: { attempts: 1, wait: { kind: 'open', minutes: [90] } } };
    assert.equal(due([ended('2026-05-22T15:00:00Z', 'no_answer')], ALABAMA, table), '2026-05-22T16:30:00.000Z');
  });

  it('no more than the attempts of the campaign', () => {
    const attempts = [1, 2, 3].map(() => ended(friday, 'no_answer'));
    assert.equal(nextDue({ attempts, maxAttempts: 3, table: DEFAULT_RETRIES, hours: CHICAGO }), null);
    assert.notEqual(nextDue({ attempts, maxAttempts: 4, table: DEFAULT_RETRIES, hours: CHICAGO }), null);
  });

  it('test numbers have no hours: waits are as long as they say', () => {
    assert.equal(due([ended(friday, 'busy')], null), '2026-05-23T01:05:00.000Z');
    assert.equal(due([ended(friday, 'no_answer')], null), '2026-05-23T00:50:00.000Z');
    assert.equal(due([ended(friday, 'screening')], null), '2026-05-24T00:50:00.000Z');
  });
});

it('dialling.md 13: who was promised a human and met none rests for 72 hours; another campaign is done', () => {
  const attempts = [ended('2026-05-19T15:00:00Z', 'abandoned')];
  const question = { attempts, maxAttempts: 10, table: DEFAULT_RETRIES, hours: CHICAGO };
  assert.equal(nextDue({ ...question, afterAbandoned: true })?.toISOString(), '2026-05-22T15:00:00.000Z');
  assert.equal(nextDue(question), null);
  assert.equal(nextDue({ ...question, afterAbandoned: true, maxAttempts: 1 }), null);
});

describe('10. attempts spread', () => {
  it('six unanswered attempts lie in all three parts of at least two days, never two in one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * 24 * 60 }), (minutes) => {
        const zone = timeZone('America/Chicago');
        const attempts: EndedAttempt[] = [];
        let at = openAtOrAfter(CHICAGO, new Date(Date.parse('2026-02-20T00:00:00Z') + minutes * 60_000))!.fromMs;
        for (let count = 0; count < 6; count++) {
          attempts.push({ dialledAt: new Date(at), endedAt: new Date(at + 30_000), outcome: 'no_answer' });
          const next = nextDue({ attempts, maxAttempts: 10, table: DEFAULT_RETRIES, hours: CHICAGO })!;
          assert.ok(next.getTime() > at);
          assert.equal(openAtOrAfter(CHICAGO, next)!.fromMs, next.getTime());
          at = next.getTime();
        }
        const walls = attempts.map(({ dialledAt }) => wallClock(zone, dialledAt).toISOString());
        const parts = walls.map(
          (wall) => `${wall.slice(0, 10)} ${[0, 12, 16].findLastIndex((hour) => Number(wall.slice(11, 13)) >= hour)}`,
        );
        assert.equal(new Set(parts).size, 6);
        assert.equal(new Set(parts.map((one) => one.slice(11))).size, 3);
        assert.ok(new Set(walls.map((one) => one.slice(0, 10))).size >= 2);
      }),
      { numRuns: 60 },
    );
  });
});
