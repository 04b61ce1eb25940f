import type { ConnectClient } from '@aws-sdk/client-connect';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';
import { CarrierError, type Carrier, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import { refusalOf, silenceOf, unlessGone } from '../kit/http-errors.ts';

const TIMEOUT_MS = 10_000;

/**
 * Outbound contacts. There is no two-way media socket: the contact flow hands the call over to an endpoint that speaks
 * Media Streams messages, by the attributes that are set here. @see https://docs.aws.amazon.com/connect/latest/APIReference/API_StartOutboundVoiceContact.html
 */
export class ConnectControl implements Carrier {
  readonly id = 'aws-connect';
  readonly real = true;
  readonly #settings: CarrierSettings;
  #client: Promise<{ client: ConnectClient; sdk: typeof import('@aws-sdk/client-connect') }> | null = null;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  async dial(request: DialRequest): Promise<Dialled> {
    return { carrierCallId: await this.#start(request), clock: null };
  }

  /** Repeating the request with the same client token returns the contact that it started. */
  async find(request: DialRequest): Promise<{ carrierCallId: string }> {
    return { carrierCallId: await this.#start(request) };
  }

  hangUp(carrierCallId: string): Promise<void> {
    const { instance_id: InstanceId } = this.#settings;
    return unlessGone(
      this.#ask(({ client, sdk }) => client.send(new sdk.StopContactCommand({ InstanceId, ContactId: carrierCallId }))),
      ({ kind }) => kind === 'refused',
    );
  }

  async check(): Promise<void> {
    const { instance_id: InstanceId, contact_flow_id: ContactFlowId } = this.#settings;
    await this.#ask(({ client, sdk }) =>
      client.send(new sdk.DescribeContactFlowCommand({ InstanceId, ContactFlowId })),
    );
  }

  async #start({ to, from, callSid, callId, ringTimeoutMs, mediaUrl }: DialRequest): Promise<string> {
    const { instance_id: InstanceId, contact_flow_id: ContactFlowId, phone_number: own } = this.#settings;
    const Attributes = { call_id: `call_${callId}`, media_url: await mediaUrl() };
    const SourcePhoneNumber = from ?? own;
    const started = await this.#ask(({ client, sdk }) =>
      client.send(
        new sdk.StartOutboundVoiceContactCommand({
          InstanceId,
          ContactFlowId,
          DestinationPhoneNumber: to,
          ...(SourcePhoneNumber === undefined ? {} : { SourcePhoneNumber }),
          ClientToken: callSid,
          Attributes,
          RingTimeoutInSeconds: Math.min(60, Math.max(15, Math.round(ringTimeoutMs / 1000))),
        }),
      ),
    );
    if (started.ContactId === undefined) throw new CarrierError('unknown', 'it answered without a contact');
    return started.ContactId;
  }

  async #ask<T>(
    question: (connection: { client: ConnectClient; sdk: typeof import('@aws-sdk/client-connect') }) => Promise<T>,
  ): Promise<T> {
    try {
      return await question(await (this.#client ??= this.#connect()));
    } catch (error) {
      const { name, message, $metadata } = error as {
        name?: unknown;
        message?: unknown;
        $metadata?: { httpStatusCode?: number };
      };
      if (name === 'CredentialsProviderError') throw new CarrierError('down', 'there are no credentials for it');
      if ($metadata?.httpStatusCode !== undefined)
        throw refusalOf(
          name === 'ThrottlingException' || name === 'TooManyRequestsException' ? 429 : $metadata.httpStatusCode,
          `${String(message)} (${String(name)})`,
        );
      throw silenceOf(error);
    }
  }

  async #connect(): Promise<{ client: ConnectClient; sdk: typeof import('@aws-sdk/client-connect') }> {
    const sdk = await import('@aws-sdk/client-connect');
    const {
      endpoint,
      region,
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      session_token: sessionToken,
    } = this.#settings;
    const credentials =
      accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
    // No automatic retries: the outcome of a dial is queried instead.
    const client = new sdk.ConnectClient({
      maxAttempts: 1,
      requestHandler: { requestTimeout: TIMEOUT_MS, connectionTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...credentials,
    });
    return { client, sdk };
  }
}
