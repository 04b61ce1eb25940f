import { z } from 'zod';
import { carrierFor } from '#core/carriers/carriers.ts';
import { newestLead } from '#core/campaigns/leads-and-calls.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '#core/calls/place-call.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { procedure } from '../kit/operation.ts';
import { phoneNumberText } from '../kit/codecs.ts';
import { CALLS } from './limits.ts';

export const makeCall = procedure({
  name: 'campaign.makeCall',
  kind: 'mutation',
  summary: 'Make a call to a lead: the newest one with that number',
  permission: 'place-calls',
  creates: true,
  body: z.object({
    phoneNumber: phoneNumberText,
    script: z.string().max(50_000).nullish(),
    useRealCall: z.boolean().default(true).describe('false: always on the simulator'),
  }),
  reply: z.object({ success: z.boolean(), callId: z.string().optional(), message: z.string() }),
  handle: async ({ core, ctx, body, count }) => {
    const to = phoneNumber(body.phoneNumber, 'phoneNumber');
    const lead = await newestLead(core, ctx, to);
    await count(CALLS, `organization:${ctx.organizationId}:campaign:${lead?.campaignId ?? 'none'}`);
    const carrier = await carrierFor(core, body.useRealCall ? null : core.embedded.id);
    const call = await placeCall(core, ctx, {
      agentId: null,
      campaignId: lead?.campaignId ?? null,
      to,
      from: null,
      carrier,
      variables: {
        ...lead?.variables,
        ...(lead?.name == null ? {} : { name: lead.name }),
        ...(lead?.email == null ? {} : { email: lead.email }),
      },
      overrides: body.script ? { script: body.script } : {},
      recorded: null,
      ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
    });
    return {
      success: true,
      callId: call.sid,
      message: carrier.real ? `Call initiated over ${carrier.name}` : 'Call initiated on the simulated carrier',
    };
  },
});

const TWILIO = 'twilio';

export const twilioMakeCall = procedure({
  name: 'twilio.makeCall',
  kind: 'mutation',
  summary: 'Make a direct Twilio call; on the simulator where no carrier is configured',
  permission: 'place-calls',
  creates: true,
  body: z.object({ to: phoneNumberText, from: phoneNumberText }),
  reply: z.object({ success: z.boolean(), callSid: z.string().optional(), message: z.string() }),
  handle: async ({ core, ctx, body }) => {
    const carrier = await carrierFor(core, TWILIO);
    const call = await placeCall(core, ctx, {
      agentId: null,
      to: phoneNumber(body.to, 'to'),
      from: phoneNumber(body.from, 'from'),
      carrier,
      variables: {},
      overrides: {},
      recorded: null,
      ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
    });
    return {
      success: true,
      callSid: call.sid,
      message: carrier.real
        ? 'Call initiated'
        : 'Call initiated on the simulated carrier, because Twilio is not configured',
    };
  },
});
