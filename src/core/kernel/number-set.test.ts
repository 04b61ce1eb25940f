import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NumberSet } from './number-set.ts';

describe('a set of whole numbers', () => {
  it('takes each number once, as a Set does', () => {
    const set = new NumberSet();
    const plain = new Set<number>();
    let state = 1;
    for (let n = 0; n < 50_000; n++) {
      state = (state * 48_271) % 2_147_483_647;
      // Sequences, random ones, and numbers that differ above 32 bits only.
      const number = [13_122_000_000 + (n % 20_000), state, (1 + (n % 300)) * 2 ** 32 + 7][n % 3]!;
      assert.equal(set.add(number), !plain.has(number));
      plain.add(number);
    }
    assert.equal(set.size, plain.size);
  });

  it('holds the largest and the smallest number, and no other kinds', () => {
    const set = new NumberSet();
    for (const number of [1, Number.MAX_SAFE_INTEGER])
      assert.deepEqual([set.add(number), set.add(number)], [true, false]);
    for (const number of [0, -1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => set.add(number), RangeError);
  });
});
