import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { Twilio } from 'twilio';
import { type Carrier, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';
import { refusalOf, silenceOf, unlessGone } from '../kit/http-errors.ts';
import { callerIdOf, CLOCK_SKEW_MS, theUnknownOne } from '../kit/outbound.ts';
import { recordsCalls } from '../kit/recording.ts';
import { addressFor } from '../kit/wire.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1024 * 1024;
/** The call is over, or there is none of that id. */
const GONE = /not in-progress|not found|21220|20404/i;

/** Call control over the vendor's REST interface. @see https://www.twilio.com/docs/voice/api/call-resource */
export class TwilioControl implements Carrier {
  readonly id = 'twilio';
  readonly real = true;
  readonly #settings: CarrierSettings;
  #client: Promise<Twilio> | null = null;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  async dial(request: DialRequest): Promise<Dialled> {
    const { to, ringTimeoutMs, recorded, webhookUrl } = request;
    const from = callerIdOf(request, this.#settings);
    const call = await this.#ask((client) =>
      client.calls.create({
        to,
        from,
        url: addressFor(webhookUrl, 'answer'),
        method: 'POST',
        timeout: Math.max(1, Math.round(ringTimeoutMs / 1000)),
        statusCallback: addressFor(webhookUrl, 'status'),
        statusCallbackMethod: 'POST',
        statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
        ...(recorded && recordsCalls(this.#settings)
          ? {
              record: true,
              recordingChannels: 'dual',
              recordingStatusCallback: addressFor(webhookUrl, 'recording'),
              recordingStatusCallbackMethod: 'POST',
            }
          : {}),
        machineDetection: 'Enable',
        asyncAmd: 'true',
        asyncAmdStatusCallback: addressFor(webhookUrl, 'machine'),
        asyncAmdStatusCallbackMethod: 'POST',
      }),
    );
    return { carrierCallId: call.sid, clock: null };
  }

  async findRecord(
    { to, from }: Pick<DialRequest, 'to' | 'from'>,
    since: Date,
    isKnown: (carrierCallId: string) => Promise<boolean>,
  ): Promise<{ carrierCallId: string } | 'none' | 'unsure'> {
    const startTimeAfter = new Date(since.getTime() - CLOCK_SKEW_MS);
    const calls = await this.#ask((client) =>
      client.calls.list({ to, ...(from === null ? {} : { from }), startTimeAfter, limit: 50 }),
    );
    // The account may have called the same number later.
    const latest = since.getTime() + CLOCK_SKEW_MS;
    return theUnknownOne(
      calls.flatMap(({ sid, dateCreated }) => (dateCreated?.getTime() > latest ? [] : [sid])),
      isKnown,
    );
  }

  hangUp(carrierCallId: string): Promise<void> {
    return unlessGone(
      this.#ask((client) => client.calls(carrierCallId).update({ status: 'completed' })),
      ({ message }) => GONE.test(message),
    );
  }

  async transfer(carrierCallId: string, to: string, from: string | null): Promise<void> {
    const { default: VoiceResponse } = await import('twilio/lib/twiml/VoiceResponse.js');
    const response = new VoiceResponse();
    response.dial(from === null ? {} : { callerId: from }).number(to);
    await this.#ask((client) => client.calls(carrierCallId).update({ twiml: response.toString() }));
  }

  /** Asks for our own account, which needs the credentials and nothing else. */
  async check(): Promise<void> {
    await this.#ask((client) => client.api.v2010.accounts(this.#settings['account_sid']!).fetch());
  }

  async #ask<T>(question: (client: Twilio) => Promise<T>): Promise<T> {
    this.#client ??= this.#connect();
    try {
      return await question(await this.#client);
    } catch (error) {
      const { status, code, message } = error as { status?: unknown; code?: unknown; message?: unknown };
      if (typeof status === 'number')
        throw refusalOf(status, `${String(message)}${typeof code === 'number' ? ` (${code})` : ''}`);
      throw silenceOf(error);
    }
  }

  async #connect(): Promise<Twilio> {
    const [{ default: twilio }, { default: Client }] = await Promise.all([
      import('twilio'),
      import('twilio/lib/base/RequestClient.js'),
    ]);
    const { account_sid: accountSid, auth_token: authToken, base_url: baseUrl } = this.#settings;
    const inner = new Client({ timeout: TIMEOUT_MS });
    inner.axios.defaults.maxContentLength = MOST_BYTES;
    if (baseUrl === undefined) return twilio(accountSid, authToken, { httpClient: inner, lazyLoading: true });
    /** Every host of the vendor is the given one. */
    const elsewhere = {
      request: (options: RequestClient.RequestOptions) =>
        inner.request({
          ...options,
          uri: baseUrl.replace(/(?<!\/)\/+$/, '') + new URL(options.uri).pathname + new URL(options.uri).search,
        }),
    };
    return twilio(accountSid, authToken, { httpClient: elsewhere as RequestClient, lazyLoading: true });
  }
}
