import { z } from 'zod';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Limit } from '../kit/limit.ts';
import { rawOperation, type RawReply, type RestOperation } from '../kit/operation.ts';

/** Of those that no carrier has signed: as many as of the carriers' own addresses. */
const UNSIGNED: Limit = { name: 'health', points: 1000, windowS: 60 };

/** Takes a webhook of a carrier. `purpose`: what it reports; null: the carrier asks what to do with a call. */
export type ReceiveWebhook = (webhook: string, request: RawRequest, purpose: string | null) => Promise<RawReply>;

const TWILIO = 'twilio';
const REPORTS = [
  ['call-status', 'status', 'Call Status: Twilio reports how a call stands'],
  ['recording', 'recording', 'Call Recording: Twilio reports where its recording is'],
] as const;

/** What a call hears that Twilio did not announce, such as the one of the documentation. */
const TEST_CALL = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Hello! This is a test call from your AI agent.</Say>
  <Pause length="2"/>
  <Say>Thank you for testing the system. Goodbye!</Say>
</Response>`;

/** Twilio's webhooks at the addresses of this API; what stands behind them is the carrier's own handling. */
export const webhookOperations = (receive: ReceiveWebhook): readonly RestOperation[] => [
  rawOperation({
    method: 'POST',
    path: '/api/twiml/:roomName',
    summary: 'TwiML for a call: the media socket of its agent; without a call, the words of a test call',
    body: z.looseObject({}),
    limit: UNSIGNED,
    raw: async (request) => {
      if (new URLSearchParams(request.body).has('CallSid')) return receive(TWILIO, request, null);
      await request.count();
      return { contentType: 'text/xml; charset=utf-8', body: TEST_CALL };
    },
  }),
  ...REPORTS.map(([path, purpose, summary]) =>
    rawOperation({
      method: 'POST',
      path: `/api/webhooks/twilio/${path}`,
      summary,
      body: z.looseObject({}),
      limit: UNSIGNED,
      raw: (request) => receive(TWILIO, request, purpose),
    }),
  ),
];
