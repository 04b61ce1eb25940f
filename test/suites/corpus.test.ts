import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VoiceActivity } from '#engine/contracts/voice-activity.ts';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { planCases } from '../../bench/corpus/cases.ts';
import { runCase, type Outcome } from '../../bench/eval/run-case.ts';

// A little of the corpus, on a virtual clock: that what `npm run eval` measures at length has not broken. The voices
// are those of this machine, so the bounds are wider than the figures.

const PLANS = planCases(9, 0);

function run(voiceActivity: VoiceActivity): Map<string, Outcome[]> {
  const outcomes = new Map<string, Outcome[]>();
  for (const { kind, build } of PLANS)
    outcomes.set(kind, [...(outcomes.get(kind) ?? []), runCase(build(), voiceActivity)]);
  return outcomes;
}

const wrong = (outcomes: readonly Outcome[]) => outcomes.filter((one) => !one.right).length;

describe('a little of the corpus', () => {
  it('goes as it should', () => {
    const outcomes = run(makeSilero());
    for (const [kind, these] of outcomes)
      assert.ok(wrong(these) <= 2, `${kind}: ${these.map((one) => one.wrong ?? 'right').join(', ')}`);
    assert.ok(wrong([...outcomes.values()].flat()) <= 8);
    assert.equal(wrong(outcomes.get('human hellos')!), 0);
  });

  for (const [what, probability] of [
    ['hears no speech', 0],
    ['always hears speech', 1],
  ] as const) {
    it(`notices an ear that ${what}`, () => {
      const outcomes = run({ id: what, open: () => ({ process: () => probability, reset: () => undefined }) });
      assert.ok(wrong([...outcomes.values()].flat()) > PLANS.length / 3);
    });
  }
});
