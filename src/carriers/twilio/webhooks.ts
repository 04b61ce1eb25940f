import { createHash } from 'node:crypto';
import type { CarrierNotice, CarrierSignal, CarrierText } from '#core/kernel/carrier-notice.ts';
import type { CarrierRequest, CarrierWire, Delivery } from '#contracts/carrier-manifest.ts';
import { callIdIn, needText, needUrl, purposeIn, text } from '../kit/wire.ts';

/** A repeated request within this time is a retry; later it is a replay. */
const REPEATS_FOR_MS = 5 * 60_000;

const SIGNALS: Readonly<Record<string, CarrierSignal | undefined>> = {
  ringing: { type: 'ringing' },
  'in-progress': { type: 'answered' },
  answered: { type: 'answered' },
  completed: { type: 'ended', outcome: 'completed', reason: null },
  busy: { type: 'ended', outcome: 'busy', reason: null },
  'no-answer': { type: 'ended', outcome: 'no-answer', reason: null },
  canceled: { type: 'ended', outcome: 'canceled', reason: null },
  failed: { type: 'ended', outcome: 'failed', reason: null },
};

/** Twilio joins parts of a text message to at most 1,600 characters. */
const LONGEST_TEXT = 10_000;

/** What Twilio has understood by the keywords of the account. */
const OPT_OUT: ReadonlyMap<string, CarrierText['wish']> = new Map([
  ['STOP', 'stop'],
  ['START', 'start'],
]);

/** @see https://www.twilio.com/docs/voice/twiml#request-parameters */
export const wire: CarrierWire = {
  read(request: CarrierRequest): CarrierNotice {
    const form = request.method === 'GET' ? new URL(request.url).searchParams : new URLSearchParams(request.body);
    const carrierCallId = needText(form.get('CallSid'), 'CallSid');
    const purpose = purposeIn(request);
    const callId = callIdIn(request);
    const direction =
      (form.get('Direction') ?? '').startsWith('outbound') || (callId !== null && purpose !== 'again')
        ? 'outbound'
        : form.get('Direction') === 'inbound'
          ? 'inbound'
          : null;
    const about = { carrierCallId, callId, direction, from: text(form.get('From')), to: text(form.get('To')) } as const;
    const answeredBy = form.get('AnsweredBy');
    if (purpose === 'machine')
      return {
        ...about,
        asks: false,
        signal:
          answeredBy === null || answeredBy === 'unknown'
            ? null
            : { type: 'answered-by', who: answeredBy === 'human' ? 'human' : 'machine' },
      };
    if (purpose === 'recording')
      return {
        ...about,
        asks: false,
        signal: { type: 'recording', url: needUrl(form.get('RecordingUrl'), 'RecordingUrl') },
      };
    const status = needText(form.get('CallStatus'), 'CallStatus');
    const said = SIGNALS[status] ?? null;
    const sipCode = text(form.get('SipResponseCode'));
    const reason = text(form.get('ErrorMessage')) ?? (sipCode === null ? null : `SIP ${sipCode}`);
    const signal = said?.type === 'ended' ? { ...said, reason } : said;
    // It asks as long as the call lives, but for the reports that we have asked for ourselves.
    return {
      ...about,
      signal,
      asks: purpose !== 'status' && form.get('CallbackSource') !== 'call-progress-events' && signal?.type !== 'ended',
    };
  },
  readText({ body }: CarrierRequest): CarrierText {
    const form = new URLSearchParams(body);
    const media = Number(form.get('NumMedia') ?? 0);
    const said = form.get('Body') ?? '';
    if (said.length > LONGEST_TEXT) throw new Error(`Body must be at most ${LONGEST_TEXT} characters`);
    return {
      id: needText(form.get('MessageSid') ?? form.get('SmsSid'), 'MessageSid'),
      from: needText(form.get('From'), 'From'),
      to: needText(form.get('To'), 'To'),
      text: said.toWellFormed().replaceAll('\0', '').trim() || (media > 0 ? `(${media} media)` : '(empty)'),
      wish: OPT_OUT.get(form.get('OptOutType') ?? '') ?? null,
    };
  },
  async answer(instruction) {
    const { default: VoiceResponse } = await import('twilio/lib/twiml/VoiceResponse.js');
    const response = new VoiceResponse();
    if (instruction.type === 'connect') {
      const stream = response.connect().stream({ url: instruction.mediaUrl });
      // It drops query strings: these are handed back in the stream's `start`.
      stream.parameter({ name: 'call_sid', value: instruction.callSid });
      stream.parameter({ name: 'token', value: instruction.token });
      response.redirect({ method: 'POST' }, instruction.askAgainUrl);
    }
    if (instruction.type === 'hang-up') response.hangup();
    return { contentType: 'text/xml; charset=utf-8', body: response.toString() };
  },
};

/**
 * @throws Error when the signature is not that of our account's token over the public address and what was sent. @see
 * https://www.twilio.com/docs/usage/security
 */
export async function verify(authToken: string, { url, headers, body }: CarrierRequest): Promise<Delivery> {
  const { validateRequest, validateRequestWithBody } = await import('twilio/lib/webhooks/webhooks.js');
  const signature = headers['x-twilio-signature'];
  if (signature === undefined) throw new Error('X-Twilio-Signature is missing');
  const isForm = !new URL(url).searchParams.has('bodySHA256');
  const good = isForm
    ? validateRequest(authToken, signature, url, formOf(body))
    : validateRequestWithBody(authToken, signature, url, body);
  if (!good) throw new Error('X-Twilio-Signature does not fit the request');
  return {
    digest: createHash('sha256').update(`${signature}\n${url}\n${body}`).digest('base64url'),
    repeatsForMs: REPEATS_FOR_MS,
  };
}

/** Whether the opening of a media socket is signed with our account's token. */
export async function verifySocket(
  authToken: string,
  { url, headers }: Pick<CarrierRequest, 'url' | 'headers'>,
): Promise<boolean> {
  const { validateRequest } = await import('twilio/lib/webhooks/webhooks.js');
  const signature = headers['x-twilio-signature'];
  if (signature === undefined) return false;
  const { host, pathname, search } = new URL(url);
  // Which of these it signs has changed; the token over any of them is as good.
  const addresses = ['wss:', 'ws:', 'https:', 'http:'].flatMap((protocol) =>
    [pathname, `${pathname}/`, pathname + search].map((path) => `${protocol}//${host}${path}`),
  );
  return addresses.some((address) => validateRequest(authToken, signature, address, {}));
}

/** Parameters that come more than once are a list. */
function formOf(body: string): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(body))
    form[name] = name in form ? [form[name]!, value].flat() : value;
  return form;
}
