import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { timeZone } from '../kernel/locale.ts';
import type { HistoryCall } from './campaign-history.ts';
import { intervalOf, normal, surelyLarger } from './proportions.ts';
import { FEWEST_CALLS, suggestionsOf, SUGGESTION_TYPES } from './suggestions.ts';

const BERLIN = timeZone('Europe/Berlin');

const call = (more: Partial<HistoryCall> = {}): HistoryCall => ({
  placedAt: new Date('2026-06-01T08:30:00Z'),
  outcome: 'completed',
  answered: true,
  converted: false,
  endedBy: null,
  from: null,
  intent: null,
  attempt: null,
  ...more,
});
const times = (count: number, more: Partial<HistoryCall>) => Array.from({ length: count }, () => call(more));
const unanswered = { answered: false, outcome: 'no-answer' } as const;

const anyCall = fc.record({
  placedAt: fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }),
  outcome: fc.constantFrom('completed', 'busy'),
  answered: fc.boolean(),
  converted: fc.boolean(),
  endedBy: fc.constant(null),
  from: fc.option(fc.constantFrom('+15551', '+15552', '+15553')),
  intent: fc.option(fc.constantFrom('price_objection', 'not_interested', 'product_inquiry')),
  attempt: fc.option(fc.integer({ min: 1, max: 4 })),
});

describe('suggestions', () => {
  it('name the hours whose calls are answered most, in the zone of the organization', () => {
    const calls = [
      ...times(12, { placedAt: new Date('2026-06-01T12:10:00Z') }),
      ...times(6, { placedAt: new Date('2026-06-01T12:40:00Z'), ...unanswered }),
      ...times(10, {}),
      ...times(30, unanswered),
    ];
    const [timing] = suggestionsOf(calls, BERLIN, null);
    assert.equal(timing!.type, 'timing');
    assert.match(
      timing!.description,
      /^Call between 14:00 and 15:00 \(Europe\/Berlin\): 12 of 18 \(66\.7%, .+ 43\.7% to 83\.7%\) .+ 10 of 40 \(25/,
    );
    assert.ok(timing!.confidence > 0.99);
    assert.deepEqual(
      timing!.figures.map(({ name, calls: n, hits }) => [name, n, hits]),
      [
        ['10:00', 40, 10],
        ['14:00', 18, 12],
      ],
    );
  });

  it('say what is known where no hour stands out', () => {
    const [one] = suggestionsOf(times(40, {}), BERLIN, null);
    assert.match(one!.description, /^All calls were placed between 10:00 and 11:00 \(Europe\/Berlin\): 40 of 40/);
    const even = [...times(20, {}), ...times(20, { placedAt: new Date('2026-06-01T12:10:00Z') })];
    assert.match(suggestionsOf(even, BERLIN, null)[0]!.description, /^No hour stands out: 40 of 40/);
  });

  it('weigh further attempts by what they yield', () => {
    const dials = (attempt: number, of: number, answered: number) => [
      ...times(answered, { attempt }),
      ...times(of - answered, { attempt, ...unanswered }),
    ];
    const retry = (calls: readonly HistoryCall[]) => suggestionsOf(calls, BERLIN, 'retry')[0]!;
    const poor = retry([...dials(1, 50, 30), ...dials(2, 40, 20), ...dials(3, 30, 1)]);
    assert.match(
      poor.description,
      /^Try leads at most 2 times, .+ 1 of 30 .+ at attempt 3, 30 of 50 \(60\.0%\) at the first/,
    );
    const good = retry([...dials(1, 50, 20), ...dials(2, 40, 20)]);
    assert.match(good.description, /^Keep trying leads 2 times: 20 of 40/);
    // Too few further attempts to tell: what is known of the hours.
    assert.equal(retry([...dials(1, 50, 30), ...dials(2, 3, 0)]).type, 'timing');
  });

  it('name the objection that ends most talks, and the caller id that is declined', () => {
    const calls = [
      ...times(12, { intent: 'price_objection', from: '+15551' }),
      ...times(3, { intent: 'not_interested', from: '+15551' }),
      ...times(15, { intent: 'product_inquiry', converted: true, from: '+15551' }),
      ...times(20, { ...unanswered, from: '+15552' }),
      ...times(2, { from: '+15552', intent: 'product_inquiry' }),
    ];
    const [script] = suggestionsOf(calls, BERLIN, 'script');
    assert.match(script!.description, /objection price_objection: 12 of 32 \(37\.5%/);
    assert.ok(script!.confidence > 0.98);
    const [number] = suggestionsOf(calls, BERLIN, 'caller_id');
    assert.match(number!.description, /^Rest or replace the caller id \+15552: 2 of 22 .+ against 30 of 30/);
  });

  it('are none below 30 calls and at least one from there on, with figures that equal a recount', () => {
    fc.assert(
      fc.property(
        fc.array(anyCall, { minLength: 0, maxLength: 80 }),
        fc.option(fc.constantFrom(...SUGGESTION_TYPES)),
        (calls, type) => {
          const found = suggestionsOf(calls, BERLIN, type);
          assert.equal(found.length > 0, calls.length >= FEWEST_CALLS);
          for (const { type: kind, confidence, figures, description } of found) {
            assert.ok(confidence >= 0 && confidence <= 1);
            assert.doesNotMatch(description, /NaN|undefined|null/);
            for (const { calls: n, hits, rate, low, high } of figures) {
              assert.ok(hits <= n && low <= rate + 1e-3 && rate <= high + 1e-3);
              assert.ok(Math.abs(rate - hits / n) < 1e-4);
            }
            if (kind !== 'timing') continue;
            const sum = (of: 'calls' | 'hits') => figures.reduce((total, one) => total + one[of], 0);
            assert.deepEqual([sum('calls'), sum('hits')], [calls.length, calls.filter((one) => one.answered).length]);
          }
        },
      ),
    );
  });
});

describe('proportions', () => {
  it('have the interval of Wilson', () => {
    const { low, high } = intervalOf({ hits: 12, of: 18 });
    assert.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.4375', '0.8372']);
    assert.deepEqual(intervalOf({ hits: 0, of: 0 }), { low: 0, high: 1 });
  });

  it('differ as surely as the test of two proportions says', () => {
    assert.equal(normal(1.96).toFixed(3), '0.975');
    assert.equal(normal(-1.96).toFixed(3), '0.025');
    // z = 1.6164
    assert.equal(surelyLarger({ hits: 45, of: 60 }, { hits: 24, of: 40 }).toFixed(2), '0.94');
    assert.equal(surelyLarger({ hits: 1, of: 1 }, { hits: 1, of: 1 }), 0.5);
  });
});
