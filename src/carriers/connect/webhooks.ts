import { createHash, verify as verifyWith, X509Certificate } from 'node:crypto';
import { boundedReply } from '#core/kernel/bounded-reply.ts';
import type { CarrierNotice, CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierRequest, CarrierWire, Delivery } from '#contracts/carrier-manifest.ts';
import { callIdIn, jsonOf, needText, text } from '../kit/wire.ts';

/** An older notification is a replay; the vendor retries for about an hour. */
const FRESH_MS = 60 * 60_000 + 5 * 60_000;
const CLOCK_SKEW_MS = 60_000;
const TIMEOUT_MS = 5000;
const MOST_BYTES = 64 * 1024;

const SIGNALS: Readonly<Record<string, CarrierSignal | undefined>> = {
  INITIATED: { type: 'ringing' },
  CONNECTED_TO_SYSTEM: { type: 'answered' },
  CONNECTED_TO_AGENT: { type: 'answered' },
  DISCONNECTED: { type: 'ended', outcome: 'completed', reason: null },
  COMPLETED: { type: 'ended', outcome: 'completed', reason: null },
};

const OUTCOMES: Readonly<Record<string, 'busy' | 'no-answer' | 'failed' | undefined>> = {
  OUTBOUND_DESTINATION_ENDPOINT_ERROR: 'failed',
  OUTBOUND_RESOURCE_ERROR: 'failed',
  OUTBOUND_ATTEMPT_FAILED: 'failed',
  OUTBOUND_PREVIEW_DISCARDED: 'failed',
  CUSTOMER_NEVER_ARRIVED: 'no-answer',
  CUSTOMER_BUSY: 'busy',
  TELECOM_BUSY: 'busy',
  NO_ANSWER: 'no-answer',
  EXPIRED: 'no-answer',
  TELECOM_PROBLEM: 'failed',
};

/** Contact events, as they are or inside a notification. @see https://docs.aws.amazon.com/connect/latest/adminguide/contact-events.html */
export const wire: CarrierWire = {
  read(request: CarrierRequest): CarrierNotice {
    const outer = jsonOf(request.body);
    const event = typeof outer['Message'] === 'string' ? jsonOf(outer['Message']) : outer;
    const detail = (
      typeof event['detail'] === 'object' && event['detail'] !== null ? event['detail'] : event
    ) as Record<string, unknown>;
    const carrierCallId = needText(detail['contactId'], 'contactId');
    const known = SIGNALS[needText(detail['eventType'], 'eventType')] ?? null;
    const why = text(detail['disconnectReason']);
    const signal: CarrierSignal | null =
      known?.type === 'ended' && why !== null
        ? { type: 'ended', outcome: OUTCOMES[why] ?? 'completed', reason: why.toLowerCase().replaceAll('_', ' ') }
        : known;
    const address = (end: unknown): string | null => text((end as { value?: unknown } | null | undefined)?.value);
    // Its calls reach us by the flow that hands them over, so an inbound one that is announced here has no media of its
    // own.
    return {
      carrierCallId,
      callId: callIdIn(request),
      direction: 'outbound',
      from: address(detail['systemEndpoint']),
      to: address(detail['customerEndpoint']),
      signal,
      asks: false,
    };
  },
  answer: () => ({ contentType: 'application/json; charset=utf-8', body: '{"success":true}' }),
};

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;
const certificates = new Map<string, Promise<string>>();

const isVendorsHost = (url: URL): boolean =>
  url.protocol === 'https:' && /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(url.hostname);
/** Whether the address is the vendor's for certificates; no other is fetched. */
const isVendors = (url: URL): boolean => isVendorsHost(url) && url.pathname.endsWith('.pem');

async function fetchCertificate(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error('the certificate of the signature could not be fetched');
  return boundedReply(response, MOST_BYTES).text();
}

/** Confirms the subscription to the vendor's notifications. The signature authorizes it. */
async function confirm(address: string): Promise<void> {
  const url = URL.parse(address);
  if (!url || !isVendorsHost(url)) throw new Error('the address to confirm is not the vendor’s');
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
}

/** @throws Error when the notification is of another topic than ours, was not signed by the vendor, is old, or says another body. @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export async function verify(
  { body }: CarrierRequest,
  now: Date,
  topic: string | null,
  certificateAt: (url: string) => Promise<string> = fetchCertificate,
): Promise<Delivery> {
  const message = jsonOf(body);
  // The vendor signs the notifications of every account, so the topic must be ours.
  if (topic === null) throw new Error('no topic is set: set CONNECT_TOPIC_ARN to the ARN of the SNS topic');
  if (message['TopicArn'] !== topic) throw new Error('the notification is of another topic than CONNECT_TOPIC_ARN');
  const type = message['Type'] === 'SubscriptionConfirmation' ? 'SubscriptionConfirmation' : 'Notification';
  const {
    Signature: signature,
    SigningCertURL: certificateUrl,
    SignatureVersion: version,
    Timestamp: timestamp,
    MessageId: id,
  } = message;
  if (typeof signature !== 'string' || typeof certificateUrl !== 'string' || typeof id !== 'string')
    throw new Error('the notification is not signed');
  const url = URL.parse(certificateUrl);
  if (!url || !isVendors(url)) throw new Error('the certificate of the signature is not the vendor’s');
  const age = now.getTime() - Date.parse(String(timestamp));
  if (!(age <= FRESH_MS && age >= -CLOCK_SKEW_MS)) throw new Error('the notification is old');
  const text =
    SIGNED[type].flatMap((key) => (typeof message[key] === 'string' ? [key, message[key]] : [])).join('\n') + '\n';
  let certificate = certificates.get(url.href);
  if (!certificate) certificates.set(url.href, (certificate = certificateAt(url.href)));
  const pem = await certificate.catch((error: unknown) => {
    certificates.delete(url.href);
    throw error;
  });
  const good = verifyWith(
    version === '2' ? 'sha256' : 'sha1',
    Buffer.from(text),
    new X509Certificate(pem).publicKey,
    Buffer.from(signature, 'base64'),
  );
  if (!good) throw new Error('the signature does not fit the notification');
  if (type === 'SubscriptionConfirmation') await confirm(String(message['SubscribeURL']));
  return {
    ...(type === 'SubscriptionConfirmation' ? { done: true as const } : {}),
    digest: createHash('sha256').update(`${id}\n${signature}`).digest('base64url'),
    repeatsForMs: FRESH_MS,
  };
}
