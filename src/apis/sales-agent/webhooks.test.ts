import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StoredEvent, Webhook } from '#core/webhooks/webhook.ts';
import { salesAgentEvent } from './webhooks.ts';

it("says the end of a call in this API's words", () => {
  const told = (type: 'call.ended' | 'call.failed', status: string) =>
    salesAgentEvent(
      {} as Webhook,
      { at: new Date(0), event: { type, callId: 1, data: { status, reason: 'x' } } } as StoredEvent,
      null,
    ) as { readonly data: { readonly status: string } };
  assert.deepEqual(
    (['no-answer', 'refused', 'broken', 'busy'] as const).map((one) => told('call.failed', one).data.status),
    ['no_answer', 'failed', 'failed', 'busy'],
  );
  assert.equal(told('call.ended', 'voicemail').data.status, 'voicemail');
});
