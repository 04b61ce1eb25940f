import assert from 'node:assert/strict';
import { it } from 'node:test';
import { measureDialler } from '../../bench/dialler/dialler.ts';

// With 1,000,000 leads: npm run bench -- dialler

it('24. a claim with rules, limits and rests on, and readiness, cost the same for 1,000 and 50,000 leads', async () => {
  const [small, large] = await measureDialler([1000, 50_000]);
  const found = JSON.stringify([small, large]);
  // Both lists take turns, so that what else the machine does slows them alike.
  assert.ok(large!.claimMs.p95 <= 3 * small!.claimMs.p95 + 10, found);
  assert.ok(large!.readinessMs <= 1000, found);
});
