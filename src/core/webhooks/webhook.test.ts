import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retryAfterMs } from './webhook.ts';

it('a delivery is tried again after five seconds, then ever more rarely for hours, then no more', () => {
  const waits: number[] = [];
  for (let attempt = 1; retryAfterMs(attempt) !== null; attempt++) waits.push(retryAfterMs(attempt)!);
  assert.equal(waits[0], 5000);
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(waits).size, waits.length);
  assert.ok(waits.reduce((sum, wait) => sum + wait, 0) > 6 * 3_600_000);
  assert.equal(retryAfterMs(waits.length + 1), null);
});
