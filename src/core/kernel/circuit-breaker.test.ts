import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CircuitBreaker, type Attempt } from './circuit-breaker.ts';

describe('a circuit breaker', () => {
  it('gives a probe that never reports to the next one that asks', () => {
    let now = 0;
    const breaker = new CircuitBreaker(() => now);
    breaker.ask()!.failed(1);
    now = 31_000;
    const lost = breaker.ask();
    assert.ok(lost);
    assert.equal(breaker.ask(), null, 'one probe at a time');
    now = 50_000;
    const next = breaker.ask();
    assert.ok(next, 'the first probe is overdue');
    next.succeeded();
    assert.equal(breaker.state, 'closed');
    lost.failed();
    lost.failed();
    assert.equal(breaker.state, 'closed', 'a report from before the closing is out of date');
  });

  it('counts only the first report of an attempt', () => {
    const breaker = new CircuitBreaker(() => 0);
    const attempt = breaker.ask()!;
    for (let n = 0; n < 5; n++) attempt.failed();
    assert.equal(breaker.state, 'closed');
  });

  it('is one state machine, whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('ask' as const) }),
      fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
      fc.record({
        what: fc.constantFrom('succeeded' as const, 'failed' as const, 'withdrawn' as const),
        which: fc.nat(),
        retryAfterMs: fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        const breaker = new CircuitBreaker(() => now);
        const running: Attempt[] = [];
        const lastOf = { givenWhileHalfOpen: -Infinity, withdrawn: true };
        for (const one of steps) {
          const before = breaker.state;
          if (one.what === 'wait') now += one.ms;
          else if (one.what === 'ask') {
            const attempt = breaker.ask();
            if (before === 'closed') assert.ok(attempt, 'a closed breaker admits every request');
            if (before === 'open') assert.equal(attempt, null, 'an open breaker admits no request');
            if (before === 'half-open' && attempt) {
              assert.ok(lastOf.withdrawn || now - lastOf.givenWhileHalfOpen >= 15_000, 'two probes run side by side');
              Object.assign(lastOf, { givenWhileHalfOpen: now, withdrawn: false });
            }
            if (attempt) running.push(attempt);
            assert.equal(breaker.state, before, 'to ask changes no state');
          } else if (running.length > 0) {
            const [attempt] = running.splice(one.which % running.length, 1);
            if (one.what === 'failed') attempt!.failed(one.retryAfterMs);
            else attempt![one.what]();
            const after = breaker.state;
            if (one.what === 'succeeded') assert.ok(after === before || after === 'closed');
            if (one.what === 'failed') assert.ok(after === before || after === 'open');
            if (one.what === 'withdrawn') assert.equal(after, before);
            if (one.what === 'withdrawn' || after !== before) lastOf.withdrawn = true;
          }
          assert.ok(breaker.restsForMs <= 90_000);
        }
        // Whatever happened, who waits long enough is let through, and a success closes it.
        now += 200_000;
        const attempt = breaker.ask();
        assert.ok(attempt, 'kept out for ever');
        attempt.succeeded();
        assert.equal(breaker.state, 'closed');
      }),
      { numRuns: 2000 },
    );
  });
});
