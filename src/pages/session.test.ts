import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SESSION_COOKIE } from '#apis/kit/authenticate.ts';
import { userOfSession } from './session.ts';

it('a page does not wait for a database that does not answer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const core = {
    clock: { now: () => new Date(0) },
    secrets: { readAccessToken: () => Promise.resolve({ sessionId: 1, userId: 1 }) },
    store: { credentials: { session: () => new Promise(() => undefined) } },
  };
  const asked = userOfSession(core as never, { id: 'x', headers: { cookie: `${SESSION_COOKIE}=abc` } } as never);
  t.mock.timers.tick(1000);
  assert.equal(await asked, null);
});
