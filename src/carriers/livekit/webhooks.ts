import { createHash, timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { CarrierNotice, CarrierOutcome, CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierRequest, CarrierWire, Delivery } from '#contracts/carrier-manifest.ts';
import { jsonOf, needText, text, withPlus } from '../kit/wire.ts';

/** A repeated request within this time is a retry; later it is a replay. */
const REPEATS_FOR_MS = 60_000;
const CLOCK_SKEW_S = 30;

type Json = Readonly<Record<string, unknown>>;
const objectIn = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

const OUTCOMES: Readonly<Record<string, CarrierOutcome | undefined>> = {
  USER_REJECTED: 'busy',
  USER_UNAVAILABLE: 'no-answer',
  SIP_TRUNK_FAILURE: 'failed',
};

/** Reasons for the end of a connection which another connection of the same participant replaces. */
export const REPLACED_CONNECTION = ['DUPLICATE_IDENTITY', 'MIGRATION'] as const;

/** A room that we made has the id of its call as name; one of a human agent or supervisor has a suffix. */
export const callSidOf = (room: string): string | null => /^(CA[0-9a-f]{32})(?:-[0-9a-z]+)?$/.exec(room)?.[1] ?? null;

/** @see https://docs.livekit.io/home/server/webhooks/ */
export const wire: CarrierWire = {
  read(request: CarrierRequest): CarrierNotice {
    const said = jsonOf(request.body);
    const event = needText(said['event'], 'event');
    const egress = objectIn(said['egressInfo']);
    const room = text(objectIn(said['room'])['name']) ?? text(egress['roomName']);
    const participant = objectIn(said['participant']);
    const attributes = objectIn(participant['attributes']);
    const isPhone = participant['kind'] === 'SIP';
    const signal = room === null ? null : signalOf(event, isPhone, participant, attributes, egress);
    return {
      // Events of no room concern no call.
      carrierCallId: room ?? 'no-room',
      callId: null,
      direction: isPhone && event === 'participant_joined' && callSidOf(room ?? '') === null ? 'inbound' : 'outbound',
      from: withPlus(text(attributes['sip.phoneNumber'])),
      to: withPlus(text(attributes['sip.trunkPhoneNumber'])),
      signal,
      asks: false,
    };
  },
  answer: () => ({ contentType: 'application/json; charset=utf-8', body: '{}' }),
};

function signalOf(
  event: string,
  isPhone: boolean,
  participant: Json,
  attributes: Json,
  egress: Json,
): CarrierSignal | null {
  const status = attributes['sip.callStatus'];
  switch (event) {
    case 'participant_joined':
      if (!isPhone || status === 'dialing' || status === 'hangup') return null;
      return { type: status === 'ringing' ? 'ringing' : 'answered' };
    case 'participant_left':
    case 'participant_connection_aborted': {
      const reason = text(participant['disconnectReason']);
      if (!isPhone || REPLACED_CONNECTION.some((one) => one === reason)) return null;
      const rang = status === 'ringing' || status === 'dialing';
      const outcome = OUTCOMES[reason ?? ''] ?? (rang ? 'canceled' : 'completed');
      return { type: 'ended', outcome, reason };
    }
    case 'room_finished':
      return { type: 'ended', outcome: 'completed', reason: null };
    case 'egress_ended': {
      const files = egress['fileResults'];
      const location = Array.isArray(files) ? text(objectIn(files[0])['location']) : null;
      return location !== null && /^https?:\/\//.test(location) ? { type: 'recording', url: location } : null;
    }
    default:
      return null;
  }
}

/** @throws Error when the token is not signed with our secret, is old, or is for another body */
export async function verify(
  apiKey: string,
  secret: string,
  { headers, body }: CarrierRequest,
  now: Date,
): Promise<Delivery> {
  const token = headers['authorization']?.replace(/^Bearer /i, '');
  if (token === undefined || token === '') throw new Error('the signed token is missing');
  const claims = await jwtVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
    issuer: apiKey,
    currentDate: now,
    clockTolerance: CLOCK_SKEW_S,
    requiredClaims: ['exp'],
  }).then(
    ({ payload }) => payload,
    () => null,
  );
  if (!claims) throw new Error('the signed token is not good');
  const right = createHash('sha256').update(body).digest();
  const given = Buffer.from(typeof claims['sha256'] === 'string' ? claims['sha256'] : '', 'base64');
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new Error('the signed token is for another body');
  return { digest: createHash('sha256').update(token).digest('base64url'), repeatsForMs: REPEATS_FOR_MS };
}
