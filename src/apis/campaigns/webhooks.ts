import { z } from 'zod';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Limit } from '../kit/limit.ts';
import { rawOperation, type RawReply, type RestOperation } from '../kit/operation.ts';

/** Of those that no carrier has signed: as many as of the carriers' own addresses. */
const UNSIGNED: Limit = { name: 'health', points: 1000, windowS: 60 };

/** Takes a webhook of a carrier. `purpose`: what it reports; null: the carrier asks what to do with a call. */
export type ReceiveWebhook = (webhook: string, request: RawRequest, purpose: string | null) => Promise<RawReply>;

/** Takes a text message of a person. */
export type ReceiveText = (webhook: string, request: RawRequest) => Promise<RawReply>;

const TWILIO = 'twilio';
const LIVEKIT = 'livekit';
const REPORTS = [
  ['call-status', 'status', 'Call Status: Twilio reports how a call stands'],
  ['recording', 'recording', 'Call Recording: Twilio reports where its recording is'],
] as const;

/** LiveKit sends every event to every address that it is given; the event says what happened. */
const ROOM_EVENTS = [
  ['room-created', 'Room Created: LiveKit reports an event of a room'],
  ['participant-joined', 'Participant Joined: LiveKit reports an event of a room'],
  ['participant-left', 'Participant Left: LiveKit reports an event of a room'],
] as const;

/** What a call hears that Twilio did not announce, such as the one of the documentation. */
const TEST_CALL = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Hello! This is a test call from your AI agent.</Say>
  <Pause length="2"/>
  <Say>Thank you for testing the system. Goodbye!</Say>
</Response>`;

/** Twilio's and LiveKit's webhooks at the addresses of this API; behind them is the carriers' own handling. */
export const webhookOperations = (receive: ReceiveWebhook, receiveText: ReceiveText): readonly RestOperation[] => [
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
  rawOperation({
    method: 'POST',
    path: '/api/webhooks/twilio/sms',
    summary: 'SMS: Twilio hands on a text message, which is recorded with the person who sent it',
    body: z.looseObject({}),
    limit: UNSIGNED,
    raw: (request) => receiveText(TWILIO, request),
  }),
  ...ROOM_EVENTS.map(([path, summary]) =>
    rawOperation({
      method: 'POST',
      path: `/api/webhooks/livekit/${path}`,
      summary,
      body: z.looseObject({}),
      limit: UNSIGNED,
      raw: (request) => receive(LIVEKIT, request, null),
    }),
  ),
];
