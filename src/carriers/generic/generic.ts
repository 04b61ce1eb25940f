import { boundedReply } from '#core/kernel/bounded-reply.ts';
import type { CarrierNotice, CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierManifest, CarrierRequest, CarrierSettings, CarrierWire } from '#contracts/carrier-manifest.ts';
import { CarrierError, type Carrier, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import { refusalOf, silenceOf, unlessGone } from '../kit/http-errors.ts';
import { callIdIn, jsonOf, needText, purposeIn, text } from '../kit/wire.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024;

/**
 * Any carrier with the protocol of `docs/operating.md`: three requests, events by webhook, media as Media Streams
 * messages.
 */
class GenericControl implements Carrier {
  readonly id = 'generic-http';
  readonly real = true;
  readonly #url: string;
  readonly #token: string | undefined;

  constructor({ url, token }: CarrierSettings) {
    this.#url = url!.replace(/(?<!\/)\/+$/, '');
    this.#token = token;
  }

  async dial({ to, from, callId, webhookUrl, mediaUrl }: DialRequest): Promise<Dialled> {
    const answer = jsonOf(
      await this.#post('', {
        to,
        from,
        call_id: `call_${callId}`,
        webhook_url: webhookUrl,
        media_url: await mediaUrl(),
      }).then(
        (body) => body,
        (error: unknown) => Promise.reject(error),
      ),
    );
    const carrierCallId = text(answer['call_id']);
    if (carrierCallId === null) throw new CarrierError('unknown', 'it answered without a call_id');
    return { carrierCallId, clock: null };
  }

  hangUp(carrierCallId: string): Promise<void> {
    return unlessGone(this.#post(`/${encodeURIComponent(carrierCallId)}/end`, {}), ({ kind }) => kind === 'refused');
  }

  async transfer(carrierCallId: string, to: string): Promise<void> {
    await this.#post(`/${encodeURIComponent(carrierCallId)}/transfer`, { to });
  }

  /** The protocol has no status request, so any answer to a harmless request is good, unless it refuses our token. */
  async check(): Promise<void> {
    const { status, body } = await this.#send('', { method: 'OPTIONS' });
    await body?.cancel();
    if (status === 401 || status === 403) throw refusalOf(status, 'the token');
  }

  async #post(path: string, body: object): Promise<string> {
    const response = await this.#send(path, { method: 'POST', body: JSON.stringify(body) });
    const said = await boundedReply(response, MOST_BYTES)
      .text()
      .catch((error: unknown) => Promise.reject(silenceOf(error)));
    if (response.ok) return said;
    throw refusalOf(response.status, problemIn(said) ?? `${response.status}`);
  }

  async #send(path: string, request: { method: string; body?: string }): Promise<Response> {
    try {
      return await fetch(this.#url + path, {
        ...request,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          'content-type': 'application/json',
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
      });
    } catch (error) {
      throw silenceOf(error);
    }
  }
}

function problemIn(body: string): string | null {
  try {
    const { error, message, detail } = JSON.parse(body) as {
      error?: { message?: string } | string;
      message?: string;
      detail?: string;
    };
    return text(typeof error === 'object' ? error.message : error) ?? text(message) ?? text(detail);
  } catch {
    return null;
  }
}

const ended = (outcome: 'completed' | 'busy' | 'no-answer' | 'canceled' | 'failed'): CarrierSignal => ({
  type: 'ended',
  outcome,
  reason: null,
});

/** By the last part of `event_type`; `call.started` announces a call, or says that ours rings. */
const SIGNALS: Readonly<Record<string, CarrierSignal | undefined>> = {
  started: { type: 'ringing' },
  initiated: { type: 'ringing' },
  ringing: { type: 'ringing' },
  answered: { type: 'answered' },
  connected: { type: 'answered' },
  in_progress: { type: 'answered' },
  completed: ended('completed'),
  ended: ended('completed'),
  hangup: ended('completed'),
  busy: ended('busy'),
  no_answer: ended('no-answer'),
  unanswered: ended('no-answer'),
  timeout: ended('no-answer'),
  canceled: ended('canceled'),
  cancelled: ended('canceled'),
  failed: ended('failed'),
  rejected: ended('failed'),
  human: { type: 'answered-by', who: 'human' },
  machine: { type: 'answered-by', who: 'machine' },
};

const wordOf = (value: string): string =>
  value
    .toLowerCase()
    .replace(/^call[._]/, '')
    .replaceAll('-', '_');

const wire: CarrierWire = {
  read(request: CarrierRequest): CarrierNotice {
    const said = jsonOf(request.body);
    const data =
      typeof said['data'] === 'object' && said['data'] !== null ? (said['data'] as Record<string, unknown>) : {};
    const known = SIGNALS[wordOf(needText(said['event_type'], 'event_type'))] ?? null;
    const status = text(data['status']);
    // An end may say in its data how it ended.
    const signal =
      known?.type === 'ended' ? { ...((status === null ? null : SIGNALS[wordOf(status)]) ?? known) } : known;
    const reason = text(data['reason']) ?? text(data['error']);
    const callId = callIdIn(request);
    return {
      carrierCallId: needText(said['call_id'], 'call_id'),
      callId,
      from: text(data['from']),
      to: text(data['to']),
      direction:
        data['direction'] === 'outbound' || (callId !== null && purposeIn(request) === '')
          ? 'outbound'
          : data['direction'] === 'inbound'
            ? 'inbound'
            : null,
      signal: signal?.type === 'ended' ? { ...signal, reason } : signal,
      asks: callId === null && signal?.type !== 'ended',
    };
  },
  /** The reply to an announced call contains the address of its media socket. */
  answer: (instruction) => ({
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({
      success: true,
      ...(instruction.type === 'connect'
        ? {
            action: 'connect',
            call_id: instruction.callSid,
            media_url: instruction.mediaUrl,
            webhook_url: instruction.askAgainUrl,
          }
        : instruction.type === 'hang-up'
          ? { action: 'hangup' }
          : {}),
    }),
  }),
};

export const generic: CarrierManifest = {
  id: 'generic-http',
  name: 'Generic HTTP',
  webhook: 'generic',
  capabilities: {
    voice: { supported: true, features: ['call', 'record', 'transcribe'] },
    sms: { supported: false, features: [] },
    recording: { supported: true, formats: ['mp3', 'wav'] },
  },
  limits: { callsPerSecond: null, concurrentCalls: null },
  fields: [
    { key: 'url', environment: 'GENERIC_CARRIER_URL', label: 'Address', required: true },
    { key: 'token', environment: 'GENERIC_CARRIER_TOKEN', label: 'Token', secret: true },
  ],
  wire,
  make: (settings) => {
    const control = new GenericControl(settings);
    return { control, number: null, records: false, verify: null, verifySocket: null, check: () => control.check() };
  },
};
