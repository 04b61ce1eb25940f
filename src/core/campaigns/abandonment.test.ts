import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ATTEMPT_OUTCOMES } from '../dialling/rules.ts';
import { abandonmentPace, abandonmentRate, isLiveAnswer, linesFor } from './abandonment.ts';
import type { LiveAnswers } from './attempt-store.ts';

const NONE: LiveAnswers = { live: 0, abandoned: 0 };
const answers = fc
  .tuple(fc.nat(500), fc.nat(500))
  .map(([served, abandoned]): LiveAnswers => ({ live: served + abandoned, abandoned }));

describe('dialling.md 14: calls that no agent took, of those that a person answered', () => {
  it('one of 33 is over the limit of 3 %, one of 34 is within it', () => {
    const over = { live: 33, abandoned: 1 };
    const within = { live: 34, abandoned: 1 };
    assert.equal(abandonmentPace({ day: over, month: over }), 'slowed');
    assert.equal(abandonmentPace({ day: within, month: within }), 'usual');
    assert.equal(abandonmentPace({ day: NONE, month: over }), 'slowed');
    assert.equal(abandonmentPace({ day: { live: 66, abandoned: 2 }, month: within }), 'stopped');
    assert.equal(abandonmentPace({ day: { live: 67, abandoned: 2 }, month: within }), 'usual');
    assert.equal(abandonmentRate(NONE), 0);
  });

  it('machines, screening and lost calls are in neither figure', () => {
    assert.deepEqual(
      ATTEMPT_OUTCOMES.filter((one) => !isLiveAnswer(one)),
      [
        'busy',
        'no_answer',
        'voicemail',
        'voicemail_left',
        'screening',
        'invalid_number',
        'failed',
        'canceled',
        'unknown',
      ],
    );
  });

  it('more abandoned calls never dial more, and who may dial has a line', () => {
    fc.assert(
      fc.property(answers, answers, fc.nat(50), (day, month, agents) => {
        const lines = linesFor(agents, abandonmentPace({ day, month }));
        const worse = { live: day.live + 1, abandoned: day.abandoned + 1 };
        assert.ok(linesFor(agents, abandonmentPace({ day: worse, month })) <= lines);
        assert.ok(lines <= agents);
        if (abandonmentPace({ day, month }) !== 'stopped') assert.equal(lines > 0, agents > 0);
      }),
    );
  });
});
