import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { performanceOf } from './performance.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const figures = fc.record({
  calls: fc.integer({ min: 1, max: 1000 }),
  answerRate: share,
  conversionRate: share,
  meanSentiment: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
});

describe('the performance score', () => {
  it('is what the definition says', () => {
    assert.equal(performanceOf({ calls: 156, answerRate: 1, conversionRate: 0.25, meanSentiment: 1 }), 5);
    assert.equal(performanceOf({ calls: 1, answerRate: 0, conversionRate: 0, meanSentiment: -1 }), 0);
    // 5 * (0.5 * 0.8 + 0.3 * 0.4 + 0.2 * 0.5)
    assert.equal(performanceOf({ calls: 10, answerRate: 0.8, conversionRate: 0.1, meanSentiment: 0 }), 3.1);
    // Without sentiment: 5 * (0.5 * 0.8 + 0.3 * 0.4) / 0.8
    assert.equal(performanceOf({ calls: 10, answerRate: 0.8, conversionRate: 0.1, meanSentiment: null }), 3.3);
    assert.equal(performanceOf({ calls: 0, answerRate: null, conversionRate: null, meanSentiment: null }), null);
  });

  it('lies between 0 and 5 and never falls when a figure rises', () => {
    fc.assert(
      fc.property(figures, share, (given, more) => {
        const score = performanceOf(given)!;
        assert.ok(score >= 0 && score <= 5);
        const rise = (value: number) => value + (1 - value) * more;
        const better = { ...given, answerRate: rise(given.answerRate), conversionRate: rise(given.conversionRate) };
        assert.ok(performanceOf(better)! >= score);
      }),
    );
  });
});
