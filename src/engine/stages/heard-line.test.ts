import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cleared, heardSamples, markReturned, markSent, newLine, playedSamples, sent } from './heard-line.ts';

describe('what was heard', () => {
  it('follows honest marks and never the wishes of a clock alone', () => {
    const line = newLine(0);
    sent(line, 1600, 0);
    markSent(line, 'a');
    sent(line, 1600, 0);
    markSent(line, 'b');
    markReturned(line, 'a');
    assert.equal(heardSamples(line, 200), 1600);
    assert.equal(heardSamples(line, 350), 1600);
    markReturned(line, 'b');
    assert.equal(heardSamples(line, 400), 3200);
  });

  it('does not believe a mark that came too early', () => {
    const line = newLine(0);
    sent(line, 8000, 0);
    markSent(line, 'a');
    markReturned(line, 'a');
    assert.equal(heardSamples(line, 500), 4000);
  });

  it('does not believe marks that all come back on a clear', () => {
    const line = newLine(0);
    sent(line, 1600, 0);
    markSent(line, 'a');
    markReturned(line, 'a');
    sent(line, 8000, 200);
    markSent(line, 'b');
    cleared(line, 300);
    const heard = heardSamples(line, 300);
    markReturned(line, 'b');
    assert.equal(heardSamples(line, 5000), heard);
    assert.equal(heard, 1600);
  });

  it('is timed by the clock less the buffer where no marks ever come', () => {
    const line = newLine(60);
    sent(line, 8000, 0);
    markSent(line, 'a');
    assert.equal(heardSamples(line, 560), 4000);
    assert.equal(heardSamples(line, 1060), 8000);
  });

  it('never shrinks and never passes what was played, whatever happens', () => {
    let seed = 5;
    const below = (n: number) => ((seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff) >> 8) % n;
    for (let run = 0; run < 2000; run++) {
      const line = newLine(below(2) * 60);
      const names: string[] = [];
      let now = 0;
      let before = 0;
      for (let n = 0; n < 60; n++) {
        now += below(80);
        const what = below(10);
        if (what < 5) sent(line, 160 * (1 + below(4)), now);
        else if (what < 7) markSent(line, names[names.push(`m${n}`) - 1]!);
        else if (what < 9 && names.length > 0) markReturned(line, names[below(names.length)]!);
        else cleared(line, now);
        const heard = heardSamples(line, now);
        assert.ok(heard >= before, 'it shrank');
        assert.ok(heard <= Math.max(playedSamples(line, now), before), 'more was heard than played');
        before = heard;
      }
    }
  });
});
