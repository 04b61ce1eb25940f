import { z } from 'zod';
import { durationMs } from '#core/calls/call.ts';
import { endCall } from '#core/calls/end-call.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall, placeWebCall } from '#core/calls/place-call.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import type { Limit } from '../kit/limit.ts';
import { operation } from '../kit/operation.ts';
import { IdText, leftOut, phoneNumberText, Variables } from '../kit/codecs.ts';
import { agentIdOf, agentNumber, statusWord, time } from './dialect.ts';

const SHORT = 200;
const UseDraft = z.boolean().optional().describe('The call uses the draft of the agent, as it is now');
const CALLS: Limit = { name: 'calls', points: 100, windowS: 60 };

export const outboundCallOperation = operation({
  method: 'POST',
  path: '/v1/convai/twilio/outbound-call',
  summary: 'Initiate Outbound Call',
  permission: 'place-calls',
  creates: true,
  alsoLimit: CALLS,
  body: z.object({
    agent_id: leftOut(IdText),
    to_number: phoneNumberText,
    dynamic_variables: leftOut(Variables),
    custom_first_message: leftOut(z.string().max(5000)),
    custom_voice_id: leftOut(z.string().min(1).max(SHORT)),
    custom_model: leftOut(z.string().min(1).max(SHORT)),
    enable_recording: leftOut(z.boolean()),
    use_draft: UseDraft,
  }),
  reply: z.object({
    success: z.literal(true),
    call_sid: z.string(),
    agent_id: z.string(),
    to_number: z.string(),
    status: z.string(),
    started_at: z.string(),
  }),
  handle: async ({ core, ctx, body }) => {
    const call = await placeCall(core, ctx, {
      agentId: body.agent_id === undefined ? null : agentNumber(body.agent_id),
      to: phoneNumber(body.to_number),
      from: null,
      variables: body.dynamic_variables ?? {},
      overrides: {
        ...(body.custom_first_message === undefined ? {} : { firstMessage: body.custom_first_message }),
        ...(body.custom_voice_id === undefined ? {} : { voiceId: body.custom_voice_id }),
        ...(body.custom_model === undefined ? {} : { modelName: body.custom_model }),
      },
      recorded: body.enable_recording ?? null,
      useDraft: body.use_draft ?? false,
      ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
    });
    return {
      success: true as const,
      call_sid: call.sid,
      agent_id: agentIdOf(call.agentId),
      to_number: body.to_number,
      status: statusWord(call.status),
      started_at: time(call.placedAt),
    };
  },
});

export const endCallOperation = operation({
  method: 'POST',
  path: '/v1/convai/calls/:call_sid/end',
  summary: 'End Call',
  permission: 'end-calls',
  params: z.object({ call_sid: IdText }),
  body: z.object({ reason: leftOut(z.string().max(SHORT)) }),
  reply: z.object({ success: z.literal(true), call_sid: z.string(), ended_at: z.string(), duration_seconds: z.int() }),
  handle: async ({ core, ctx, params, body }) => {
    const call = await endCall(core, ctx, params.call_sid, body.reason ?? 'completed', `call_sid: ${params.call_sid}`);
    const now = core.clock.now();
    return {
      success: true as const,
      call_sid: call.sid,
      ended_at: time(call.endedAt ?? now),
      duration_seconds: Math.floor(durationMs(call, now) / 1000),
    };
  },
});

export const webCallOperation = operation({
  method: 'POST',
  path: '/v1/convai/web-calls',
  summary: 'Make a call for a browser or test client',
  permission: 'place-calls',
  creates: true,
  alsoLimit: CALLS,
  body: z.object({ agent_id: IdText, dynamic_variables: leftOut(Variables), use_draft: UseDraft }),
  reply: z.object({ call_sid: z.string(), websocket_url: z.string(), expires_at: z.string() }),
  handle: async ({ core, ctx, body, urls }) => {
    const { call, token, expiresAt } = await placeWebCall(core, ctx, {
      agentId: agentNumber(body.agent_id),
      variables: body.dynamic_variables ?? {},
      useDraft: body.use_draft ?? false,
    });
    return { call_sid: call.sid, websocket_url: urls.mediaSocket(call, token), expires_at: time(expiresAt) };
  },
});
