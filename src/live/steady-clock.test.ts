import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Call } from '#core/calls/call.ts';
import type { Store } from '#core/records.ts';
import { continuationOf } from './continuation.ts';
import { steadyClock } from './steady-clock.ts';

const HOUR_MS = 3_600_000;

it('a jump of the wall clock does not change how long a call took', () => {
  let ms = Date.parse('2026-11-28T10:00:00Z');
  const clock = steadyClock({ now: () => new Date(ms) });
  const answeredAt = clock.now().getTime();
  for (const jumpMs of [HOUR_MS, -2 * HOUR_MS]) {
    ms += jumpMs;
    const tookMs = clock.now().getTime() - answeredAt;
    assert.ok(tookMs >= 0 && tookMs < 60_000, `${tookMs} ms`);
  }
});

it('a call is taken over where it was, whatever the wall clock of the new server says', async () => {
  const answeredAt = new Date('2026-11-28T10:00:00Z');
  const call = { id: 1, answeredAt, phase: 'GREETING', recordingOffsetMs: 0 } as unknown as Call;
  const entry = { seq: 0, role: 'caller', text: 'Hello', startMs: 1000, endMs: 2000, detail: {} };
  const store = {
    calls: { turnState: () => Promise.resolve(null) },
    entries: { ofCall: () => Promise.resolve([entry]) },
  } as unknown as Pick<Store, 'calls' | 'entries'>;
  for (const [aheadMs, least, most] of [
    [5000, 5000, 5000],
    [HOUR_MS, 2000, 302_000],
    [-HOUR_MS, 2000, 2000],
  ] as const) {
    const clock = { now: () => new Date(answeredAt.getTime() + aheadMs) };
    const { state } = (await continuationOf(store, clock, call))!;
    assert.ok(state.nowMs >= least && state.nowMs <= most, `${state.nowMs} ms at ${aheadMs}`);
  }
});
