import { createHash, timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { CarrierNotice, CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierRequest, CarrierWire, Delivery } from '#contracts/carrier-manifest.ts';
import { addressFor, callIdIn, jsonOf, needText, needUrl, purposeIn, text, withPlus } from '../kit/wire.ts';

/** A signature older than this is a replay, however new it is to us. */
const FRESH_S = 300;
const CLOCK_SKEW_S = 30;

const SIGNALS: Readonly<Record<string, CarrierSignal | undefined>> = {
  ringing: { type: 'ringing' },
  answered: { type: 'answered' },
  human: { type: 'answered-by', who: 'human' },
  machine: { type: 'answered-by', who: 'machine' },
  completed: { type: 'ended', outcome: 'completed', reason: null },
  busy: { type: 'ended', outcome: 'busy', reason: null },
  unanswered: { type: 'ended', outcome: 'no-answer', reason: null },
  timeout: { type: 'ended', outcome: 'no-answer', reason: null },
  cancelled: { type: 'ended', outcome: 'canceled', reason: null },
  rejected: { type: 'ended', outcome: 'failed', reason: 'rejected' },
  failed: { type: 'ended', outcome: 'failed', reason: null },
};
/** The websocket of a call is lost, of which its other leg says nothing. */
const SOCKET_LOST = new Set(['disconnected', 'failed', 'completed', 'unanswered', 'rejected', 'timeout', 'busy']);

/** @see https://developer.vonage.com/en/voice/voice-api/webhook-reference */
export const wire: CarrierWire = {
  read(request: CarrierRequest): CarrierNotice {
    const said: Readonly<Record<string, unknown>> =
      request.method === 'GET' ? Object.fromEntries(new URL(request.url).searchParams) : jsonOf(request.body);
    const purpose = purposeIn(request);
    const callId = callIdIn(request);
    // A recording belongs to the conversation, not to a leg of it.
    if (purpose === 'recording')
      return {
        carrierCallId: needText(said['recording_uuid'], 'recording_uuid'),
        callId,
        direction: 'outbound',
        from: null,
        to: null,
        asks: false,
        signal: { type: 'recording', url: needUrl(said['recording_url'], 'recording_url') },
      };
    const carrierCallId = needText(said['uuid'], 'uuid');
    const status = text(said['status']);
    const direction =
      said['direction'] === 'outbound' || (callId !== null && purpose !== 'media')
        ? 'outbound'
        : said['direction'] === 'inbound'
          ? 'inbound'
          : null;
    const about = {
      carrierCallId,
      callId,
      direction,
      from: withPlus(text(said['from'])),
      to: withPlus(text(said['to'])),
    } as const;
    if (purpose === 'media') return { ...about, signal: null, asks: status !== null && SOCKET_LOST.has(status) };
    const known = status === null ? null : (SIGNALS[status] ?? null);
    const reason = text(said['detail']) ?? text(said['reason']);
    const signal = known?.type === 'ended' && reason !== null ? { ...known, reason } : known;
    // A request for an answer has no status; on an address that we did not make, an announcement asks as well.
    return {
      ...about,
      signal,
      asks: purpose === 'answer' || (purpose === '' && callId === null && signal?.type !== 'ended'),
    };
  },
  answer(instruction) {
    const actions =
      instruction.type === 'connect'
        ? [
            ...(instruction.recordingUrl === null
              ? []
              : [
                  {
                    action: 'record',
                    format: 'mp3',
                    channels: 2,
                    split: 'conversation',
                    eventUrl: [instruction.recordingUrl],
                    eventMethod: 'POST',
                  },
                ]),
            {
              action: 'connect',
              eventType: 'synchronous',
              eventUrl: [addressFor(instruction.askAgainUrl, 'media')],
              eventMethod: 'POST',
              endpoint: [
                {
                  type: 'websocket',
                  uri: instruction.mediaUrl,
                  'content-type': 'audio/l16;rate=16000',
                  headers: { call_sid: instruction.callSid },
                },
              ],
            },
          ]
        : [];
    return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(actions) };
  },
};

/** @throws Error when the token is not signed with our secret, is old, or says another body. @see https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks */
export async function verify(
  secret: string,
  apiKey: string,
  { method, headers, body }: CarrierRequest,
  now: Date,
): Promise<Delivery> {
  const token = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (token === undefined) throw new Error('the signed token is missing');
  const claims = await jwtVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
    currentDate: now,
    clockTolerance: CLOCK_SKEW_S,
    maxTokenAge: FRESH_S,
    requiredClaims: ['iat', 'jti'],
  }).then(
    ({ payload }) => payload,
    () => null,
  );
  if (!claims) throw new Error('the signed token is not good');
  if (claims['api_key'] !== undefined && claims['api_key'] !== apiKey)
    throw new Error('the signed token is for another account');
  const hash = claims['payload_hash'];
  // A request by GET has no body, and its token no hash of one.
  if (method === 'GET' && hash === undefined) return { digest: claims.jti!, repeatsForMs: 0 };
  const right = createHash('sha256').update(body).digest('hex');
  if (
    typeof hash !== 'string' ||
    hash.length !== right.length ||
    !timingSafeEqual(Buffer.from(hash), Buffer.from(right))
  )
    throw new Error('the signed token is for another body');
  return { digest: claims.jti!, repeatsForMs: 0 };
}
