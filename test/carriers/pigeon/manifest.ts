import type { CarrierNotice, CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierManifest, CarrierSettings } from '#contracts/carrier-manifest.ts';
import { CarrierError, type Carrier } from '#contracts/carrier.ts';
import { refusalOf, silenceOf, unlessGone } from '#carriers/kit/http-errors.ts';
import { callIdIn, jsonOf, needText, text } from '#carriers/kit/wire.ts';

const SIGNALS: Readonly<Record<string, CarrierSignal>> = {
  ringing: { type: 'ringing' },
  answered: { type: 'answered' },
  completed: { type: 'ended', outcome: 'completed', reason: null },
  busy: { type: 'ended', outcome: 'busy', reason: null },
  'no-answer': { type: 'ended', outcome: 'no-answer', reason: null },
  failed: { type: 'ended', outcome: 'failed', reason: null },
};

async function ask(
  { url, token }: CarrierSettings,
  path: string,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Pigeon ${token}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => Promise.reject(silenceOf(error)));
  const said = await reply.text().catch((error: unknown) => Promise.reject(silenceOf(error)));
  if (!reply.ok) throw refusalOf(reply.status, text(jsonOf(said)['why']) ?? `${reply.status}`);
  return jsonOf(said);
}

export const pigeon: CarrierManifest = {
  id: 'pigeon',
  name: 'Pigeon',
  webhook: 'pigeon',
  capabilities: {
    voice: { supported: true, features: ['call'] },
    sms: { supported: false, features: [] },
    recording: { supported: true, formats: ['mp3', 'wav'] },
  },
  limits: { callsPerSecond: 2, concurrentCalls: null },
  fields: [
    { key: 'url', environment: 'PIGEON_URL', label: 'Address', required: true },
    { key: 'token', environment: 'PIGEON_TOKEN', label: 'Token', secret: true, required: true },
    { key: 'phone_number', environment: 'PIGEON_PHONE_NUMBER', label: 'Phone number' },
  ],
  wire: {
    read: (request): CarrierNotice => {
      const said = jsonOf(request.body);
      const callId = callIdIn(request);
      return {
        carrierCallId: needText(said['id'], 'id'),
        callId,
        direction: callId === null ? 'inbound' : 'outbound',
        from: text(said['from']),
        to: text(said['to']),
        signal: SIGNALS[needText(said['event'], 'event')] ?? null,
        asks: callId === null,
      };
    },
    answer: (instruction) => ({
      contentType: 'application/json',
      body: JSON.stringify(instruction.type === 'connect' ? { media: instruction.mediaUrl } : {}),
    }),
  },
  make: (settings) => {
    const control: Carrier = {
      id: 'pigeon',
      real: true,
      dial: async ({ to, from, webhookUrl, mediaUrl }) => {
        const { id } = await ask(settings, '/fly', {
          to,
          from: from ?? settings['phone_number'],
          events: webhookUrl,
          media: await mediaUrl(),
        });
        if (typeof id !== 'string') throw new CarrierError('unknown', 'it answered without an id');
        return { carrierCallId: id, clock: null };
      },
      hangUp: (id) => unlessGone(ask(settings, '/land', { id }), ({ kind }) => kind === 'refused'),
    };
    return {
      control,
      number: settings['phone_number'] ?? null,
      records: false,
      verify: null,
      verifySocket: null,
      check: async () => void (await ask(settings, '/coo', {})),
    };
  },
};
