import { readFileSync } from 'node:fs';
import type { Voice } from '@vonage/voice';
import { type Carrier, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';
import { refusalOf, silenceOf, unlessGone } from '../kit/http-errors.ts';
import { callerIdOf, CLOCK_SKEW_MS, theUnknownOne } from '../kit/outbound.ts';
import { addressFor } from '../kit/wire.ts';

const TIMEOUT_MS = 10_000;
const LONGEST_RING_S = 120;
const PAGE_SIZE = 100;
const GONE = /not found|404|completed/i;

/** The vendor takes and shows numbers without their plus. */
const bare = (number: string): string => number.replace(/^\+/, '');

/** Call control over the vendor's Voice API. @see https://developer.vonage.com/en/api/voice */
export class VonageControl implements Carrier {
  readonly id = 'vonage';
  readonly real = true;
  readonly #settings: CarrierSettings;
  #voice: Promise<Voice> | null = null;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  async dial(request: DialRequest): Promise<Dialled> {
    const { to, ringTimeoutMs, webhookUrl } = request;
    const caller = callerIdOf(request, this.#settings);
    const call = await this.#ask((voice) =>
      voice.createOutboundCall({
        to: [{ type: 'phone', number: bare(to) }],
        from: { type: 'phone', number: bare(caller) },
        answerUrl: [addressFor(webhookUrl, 'answer')],
        answerMethod: 'POST',
        eventUrl: [addressFor(webhookUrl, 'event')],
        eventMethod: 'POST',
        ringingTimer: Math.min(LONGEST_RING_S, Math.max(1, Math.round(ringTimeoutMs / 1000))),
        machineDetection: 'continue',
      } as unknown as Parameters<Voice['createOutboundCall']>[0]),
    );
    return { carrierCallId: call.uuid, clock: null };
  }

  async findRecord(
    { to }: Pick<DialRequest, 'to'>,
    since: Date,
    isKnown: (carrierCallId: string) => Promise<boolean>,
  ): Promise<{ carrierCallId: string } | 'none' | 'unsure'> {
    const dateStart = new Date(since.getTime() - CLOCK_SKEW_MS).toISOString();
    const page = await this.#ask((voice) => voice.getCallsPage({ dateStart, pageSize: PAGE_SIZE }));
    const ids = (page._embedded?.calls ?? []).flatMap(({ uuid, to: called }) =>
      uuid !== undefined && calledNumber(called) === bare(to) ? [uuid] : [],
    );
    const found = await theUnknownOne(ids, isKnown);
    // What is not on the first page may stand on the next.
    return found === 'none' && (page.count ?? 0) > PAGE_SIZE ? 'unsure' : found;
  }

  hangUp(carrierCallId: string): Promise<void> {
    return unlessGone(
      this.#ask((voice) => voice.hangupCall(carrierCallId)),
      ({ message }) => GONE.test(message),
    );
  }

  async transfer(carrierCallId: string, to: string, from: string | null): Promise<void> {
    const caller = from ?? this.#settings['phone_number'];
    const connect = {
      action: 'connect',
      endpoint: [{ type: 'phone', number: bare(to) }],
      ...(caller === undefined ? {} : { from: bare(caller) }),
    };
    await this.#ask((voice) =>
      voice.transferCallWithNCCO(carrierCallId, [connect as Parameters<Voice['transferCallWithNCCO']>[1][number]]),
    );
  }

  async check(): Promise<void> {
    await this.#ask((voice) => voice.getCallsPage({ pageSize: 1 }));
  }

  async #ask<T>(question: (voice: Voice) => Promise<T>): Promise<T> {
    try {
      return await question(await (this.#voice ??= this.#connect()));
    } catch (error) {
      const { response } = error as {
        response?: { status?: unknown; bodyUsed?: boolean; json?: () => Promise<unknown> };
      };
      if (typeof response?.status !== 'number') throw silenceOf(error);
      throw refusalOf(response.status, (await problemIn(response)) ?? `${response.status}`);
    }
  }

  async #connect(): Promise<Voice> {
    const [{ Voice: Client }, { Auth }] = await Promise.all([import('@vonage/voice'), import('@vonage/auth')]);
    const {
      api_key: apiKey,
      api_secret: apiSecret,
      application_id: applicationId,
      private_key: privateKey,
      base_url: baseUrl,
    } = this.#settings;
    const hosts =
      baseUrl === undefined
        ? {}
        : { apiHost: baseUrl.replace(/(?<!\/)\/+$/, ''), restHost: baseUrl.replace(/(?<!\/)\/+$/, '') };
    return new Client(
      new Auth({
        apiKey: apiKey!,
        apiSecret: apiSecret!,
        applicationId: applicationId!,
        privateKey: keyOf(privateKey!),
      }),
      { timeout: TIMEOUT_MS, ...hosts },
    );
  }
}

/** The key itself, in one line or many, or the path of a file that holds it. */
function keyOf(given: string): string {
  return given.includes('BEGIN') ? given.replaceAll('\\n', '\n') : readFileSync(given, 'utf8');
}

function calledNumber(to: unknown): string | null {
  const one: unknown = Array.isArray(to) ? to[0] : to;
  return (one as { number?: string } | null)?.number ?? null;
}

/** `{type, title, detail}`, or nothing that can be read. */
async function problemIn(response: { bodyUsed?: boolean; json?: () => Promise<unknown> }): Promise<string | null> {
  if (response.bodyUsed === true || !response.json) return null;
  const { title, detail } = ((await response.json().catch(() => null)) ?? {}) as { title?: string; detail?: string };
  return detail ?? title ?? null;
}
