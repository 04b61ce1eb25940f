import { createSign, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeCarrier, type FakeCall, type Happening, type Sent } from './fake-carrier.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:contacts';
const INSTANCE = '11111111-2222-3333-4444-555555555555';
const FLOW = '66666666-7777-8888-9999-000000000000';
const KEY_ID = 'AKIDEXAMPLE';
/** Made for these tests, and for nothing else. */
const PRIVATE_KEY = readFileSync(join(import.meta.dirname, 'notifications.key.pem'), 'utf8');
export const CERTIFICATE = readFileSync(join(import.meta.dirname, 'notifications.crt.pem'), 'utf8');
export const CERTIFICATE_URL = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem';
const EVENTS: Readonly<Record<Happening, readonly [string, string?]>> = {
  ringing: ['INITIATED'],
  answered: ['CONNECTED_TO_SYSTEM'],
  completed: ['DISCONNECTED', 'CUSTOMER_DISCONNECT'],
  busy: ['DISCONNECTED', 'TELECOM_BUSY'],
  'no-answer': ['DISCONNECTED', 'CUSTOMER_NEVER_ARRIVED'],
  canceled: ['DISCONNECTED', 'TELECOM_PROBLEM'],
  failed: ['DISCONNECTED', 'TELECOM_PROBLEM'],
  machine: ['PROPERTIES_UPDATED'],
  human: ['PROPERTIES_UPDATED'],
};

/** Contacts, and a contact flow that hands an answered call over to the media socket that its attributes name. */
export class FakeConnect extends FakeCarrier {
  readonly #tokens = new Map<string, FakeCall>();
  /** Where its notifications go. */
  notifyUrl = '';

  get environment(): Readonly<Record<string, string>> {
    return {
      CONNECT_INSTANCE_ID: INSTANCE,
      CONNECT_CONTACT_FLOW_ID: FLOW,
      CONNECT_SOURCE_PHONE_NUMBER: '+15559992222',
      CONNECT_TOPIC_ARN: TOPIC,
      CONNECT_ENDPOINT: this.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: KEY_ID,
      AWS_SECRET_ACCESS_KEY: 'aws-secret-access-key',
    };
  }

  protected serve({ method, path, headers, body }: Parameters<FakeCarrier['serve']>[0]): {
    status: number;
    body: unknown;
  } {
    if (!headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${KEY_ID}/`))
      return { status: 403, body: this.problem(401) };
    if (method === 'GET' && path === `/contact-flows/${INSTANCE}/${FLOW}`)
      return { status: 200, body: { ContactFlow: { Id: FLOW } } };
    const asked = JSON.parse(body || '{}') as Record<string, unknown>;
    if (path === '/contact/outbound-voice')
      return this.#create(
        asked as {
          ClientToken: string;
          DestinationPhoneNumber: string;
          SourcePhoneNumber?: string;
          Attributes: Record<string, string>;
        },
      );
    const call = this.calls.find((one) => one.id === asked['ContactId']);
    if (path !== '/contact/stop' || !call || call.ended)
      return { status: 404, body: { message: 'Contact not found', __type: 'ResourceNotFoundException' } };
    call.ended = true;
    call.media?.socket.close();
    this.inBackground(async () => void (await this.tell(call, 'completed')));
    return { status: 200, body: {} };
  }

  #create(asked: {
    ClientToken: string;
    DestinationPhoneNumber: string;
    SourcePhoneNumber?: string;
    Attributes: Record<string, string>;
  }): { status: number; body: unknown } {
    // The same token starts nothing new.
    const known = this.#tokens.get(asked.ClientToken);
    if (known) return { status: 200, body: { ContactId: known.id } };
    this.dials++;
    if (this.fault === 'refuses')
      return {
        status: 400,
        body: { message: 'The destination is not allowed', __type: 'DestinationNotAllowedException' },
      };
    const call = this.add({
      id: randomUUID(),
      to: asked.DestinationPhoneNumber,
      from: asked.SourcePhoneNumber ?? '',
      direction: 'outbound',
      asked,
      answerUrl: asked.Attributes['media_url']!,
      eventUrl: this.notifyUrl,
    });
    this.#tokens.set(asked.ClientToken, call);
    this.ring(call);
    return { status: 200, body: { ContactId: call.id } };
  }

  static notification(
    message: string,
    more: { at?: Date; certificateUrl?: string; key?: string; topic?: string } = {},
  ): Record<string, string> {
    const fields: Record<string, string> = {
      Message: message,
      MessageId: randomUUID(),
      Timestamp: (more.at ?? new Date()).toISOString(),
      TopicArn: more.topic ?? TOPIC,
      Type: 'Notification',
    };
    const text = Object.keys(fields)
      .toSorted()
      .map((key) => `${key}\n${fields[key]!}\n`)
      .join('');
    return {
      ...fields,
      SignatureVersion: '1',
      Signature: createSign('RSA-SHA1')
        .update(text)
        .sign(more.key ?? PRIVATE_KEY, 'base64'),
      SigningCertURL: more.certificateUrl ?? CERTIFICATE_URL,
    };
  }

  webhook(call: FakeCall, what: Happening, at = new Date()): Sent {
    const [eventType, disconnectReason] = EVENTS[what];
    const event = {
      version: '0',
      source: 'aws.connect',
      'detail-type': 'Amazon Connect Contact Event',
      time: at.toISOString(),
      detail: {
        eventType,
        contactId: call.id,
        channel: 'VOICE',
        initiationMethod: 'API',
        instanceArn: `arn:aws:connect:us-east-1:123456789012:instance/${INSTANCE}`,
        ...(disconnectReason === undefined ? {} : { disconnectReason }),
      },
    };
    return {
      url: call.eventUrl!,
      headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' },
      body: JSON.stringify(FakeConnect.notification(JSON.stringify(event), { at })),
    };
  }

  announce(): Promise<FakeCall> {
    return Promise.reject(new Error('calls come in by the flow that hands them over'));
  }

  protected problem(status: number): unknown {
    return status === 401
      ? { message: 'The security token included in the request is invalid.', __type: 'UnrecognizedClientException' }
      : { message: 'Rate exceeded', __type: 'TooManyRequestsException' };
  }
}
