import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { qualityOf } from './quality.ts';

const CALL = { status: 'completed', latency: null, vendorErrors: [] } as const;
const agent = (text: string, detail: Record<string, unknown> = {}) => ({ role: 'agent' as const, text, detail });
const waited = (fullCycleMs: number) => agent('Sure.', { latency: { fullCycleMs } });

describe('the quality score of a call', () => {
  it('is null before the agent has spoken', () => {
    assert.equal(qualityOf(CALL, []), null);
    assert.equal(qualityOf(CALL, [{ role: 'caller', text: 'Hello?', detail: {} }]), null);
  });

  it('is 5 for prompt answers that the caller lets finish', () => {
    assert.equal(qualityOf(CALL, [agent('Hello.'), waited(800), waited(1200)]), 5);
  });

  it('loses points for waiting, interruptions, questions again, errors and a break, down to 0', () => {
    assert.equal(qualityOf(CALL, [waited(2200)]), 4);
    assert.equal(qualityOf(CALL, [waited(60_000)]), 3);
    assert.equal(qualityOf(CALL, [agent('It costs', { interrupted: true }), agent('Ten dollars.')]), 4.5);
    assert.equal(qualityOf(CALL, [agent('Sorry, I did not catch that. Could you say it again?')]), 4.5);
    assert.equal(qualityOf({ ...CALL, status: 'broken' }, [agent('Hello.')]), 3);
    const error = { at: '2026-01-01T00:00:00.000Z', vendor: 'v', does: 'speak', message: 'x' } as never;
    const worst = Array.from({ length: 5 }, () =>
      agent('Are you still there?', { interrupted: true, latency: { fullCycleMs: 60_000 } }),
    );
    assert.equal(qualityOf({ ...CALL, status: 'broken', vendorErrors: [error] }, worst), 0);
  });
});
