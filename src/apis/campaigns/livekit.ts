import { z } from 'zod';
import { entriesOf, getCall } from '#core/calls/get-call.ts';
import { listenInRoom } from '#core/desk/supervise-call.ts';
import { procedure } from '../kit/operation.ts';
import { IdText, timeInMilliseconds } from '../kit/codecs.ts';
import { AppError } from '#core/kernel/errors.ts';
import { QUERIES } from './limits.ts';

const confidenceOf = (detail: Readonly<Record<string, unknown>>): number =>
  typeof detail.confidence === 'number' ? detail.confidence : 1;

export const getTranscript = procedure({
  name: 'livekit.getTranscript',
  kind: 'query',
  summary: 'Get conversation transcript',
  permission: 'read-calls',
  limit: QUERIES,
  body: z.object({ callId: IdText }),
  reply: z.object({
    transcript: z.array(
      z.object({
        id: z.string(),
        timestamp: z.string(),
        speaker: z.string(),
        text: z.string(),
        confidence: z.number(),
      }),
    ),
  }),
  handle: async ({ core, ctx, body: { callId } }) => {
    const call = await getCall(core, ctx, callId, `callId: ${callId}`);
    const entries = await entriesOf(core, call);
    return {
      transcript: entries
        .filter(({ role }) => role === 'agent' || role === 'caller')
        .map(({ seq, role, text, at, detail }) => ({
          id: `${call.sid}-${seq}`,
          timestamp: timeInMilliseconds(at),
          speaker: role === 'agent' ? 'agent' : 'user',
          text,
          confidence: confidenceOf(detail),
        })),
    };
  },
});

export const getListenToken = procedure({
  name: 'livekit.getListenToken',
  kind: 'query',
  summary: 'Get LiveKit listen token for call monitoring',
  permission: 'read-calls',
  limit: QUERIES,
  body: z.object({ callId: IdText }),
  reply: z.object({ token: z.string(), livekitUrl: z.string(), roomName: z.string() }),
  handle: async ({ core, ctx, body: { callId } }) => {
    const access = await listenInRoom(core, ctx, callId, `callId: ${callId}`);
    if (!access)
      throw new AppError('not-configured', 'LiveKit does not carry this call: there is no room to listen to');
    return { token: access.token, livekitUrl: access.url, roomName: access.room };
  },
});
