import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from '#apis/kit/authenticate.ts';
import type { Core } from '#core/core.ts';
import type { Call } from '#core/calls/call.ts';
import { contentOfCall } from '#core/calls/content-of-call.ts';
import { getCall, getCallBySid } from '#core/calls/get-call.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError, notFound } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { SignedUrls } from '#edge/signed-urls.ts';
import { recordingFiles } from '#core/calls/recording.ts';
import { wavBytes, wavSoFar } from '#recordings/render-recording.ts';
import { callPage } from './call-page.ts';
import { sendRange, toStream } from './send-file.ts';
import { phonePage } from './phone-page.ts';

export const pagePath = (sid: string): string => `/app/calls/${sid}`;
export const recordingPath = (sid: string, format: 'wav' | 'mp3'): string => `/app/recordings/${sid}.${format}`;

/** How long an address in a page or reply stays good. */
export const URL_TTL_MS = 24 * 3_600_000;

export interface PageParts {
  readonly core: Core;
  readonly files: FileStore;
  readonly signedUrls: SignedUrls;
}

/**
 * Pages for people: the microphone page, and the page and recording of each call, behind a signature or a credential.
 */
export function mountPages(server: FastifyInstance, parts: PageParts): void {
  server.get('/phone', (_request, reply) => html(reply, phonePage()));
  server.get<{ Params: { sid: string } }>('/app/calls/:sid', async (request, reply) => {
    const call = await openCall(parts, request, request.params.sid);
    return html(
      reply,
      await renderCallPage(parts, call, {
        wav: parts.signedUrls.sign(recordingPath(call.sid, 'wav'), URL_TTL_MS),
        mp3: parts.signedUrls.sign(recordingPath(call.sid, 'mp3'), URL_TTL_MS),
      }),
    );
  });
  server.get<{ Params: { file: string } }>('/app/recordings/:file', async (request, reply) => {
    const [, sid, format] = /^(\w+)\.(wav|mp3|apart\.wav)$/.exec(request.params.file) ?? [];
    if (sid === undefined) throw notFound('Recording', `recording: ${request.params.file}`);
    const call = await openCall(parts, request, sid);
    return format === 'apart.wav'
      ? sendApart(parts, call, reply)
      : sendRecording(parts, call, format as 'wav' | 'mp3', request, reply);
  });
}

/** The page of a call; its sound comes from these addresses once it is made. */
export async function renderCallPage(
  parts: Pick<PageParts, 'core' | 'files'>,
  call: Call,
  addresses: { readonly wav: string; readonly mp3: string | null },
): Promise<string> {
  const { core, files } = parts;
  const made = call.recordingKey === null ? null : recordingFiles(call.recordingKey);
  const [{ agent, entries }, wav, mp3, peaks] = await Promise.all([
    contentOfCall(core, call),
    made && files.read(made.wav),
    made && files.read(made.mp3),
    made && readText(files, made.peaks),
  ]);
  return callPage({
    call,
    agentName: agent?.name ?? 'Deleted agent',
    entries,
    audio: wav ? addresses.wav : null,
    mp3: mp3 ? addresses.mp3 : null,
    peaks: peaks === null ? null : (JSON.parse(peaks) as [number, number][]),
    recordingOffsetMs: call.recordingOffsetMs ?? 0,
    now: core.clock.now(),
  });
}

async function openCall(parts: PageParts, request: FastifyRequest, sid: string): Promise<Call> {
  const { core, signedUrls } = parts;
  const path = request.url.split('?')[0]!;
  if (signedUrls.opens(path, request.query as Record<string, unknown>))
    return getCallBySid(core, sid, `call_sid: ${sid}`);
  const { organizationId, actor } = await authenticate(core, request.headers);
  if (!isAllowed(actor, 'read-calls')) throw new AppError('forbidden', 'This role may not do that');
  return getCall(core, { organizationId, actor, requestId: request.id }, sid, `call_sid: ${sid}`);
}

const recordingHeaders = (name: string, type: string) => ({
  'content-type': type,
  'cache-control': 'private',
  'x-content-type-options': 'nosniff',
  'content-disposition': `inline; filename="${name}"`,
});

/** What the caller did not hear: briefings and whispers, the AI agent left, people right. */
async function sendApart({ files }: PageParts, call: Call, reply: FastifyReply): Promise<FastifyReply> {
  const source = call.recordingKey === null ? null : await files.read(recordingFiles(call.recordingKey).apart);
  if (!source) throw notFound('Recording', `call_sid: ${call.sid}`);
  return reply
    .headers({ ...recordingHeaders(`${call.sid}.apart.wav`, 'audio/wav'), 'content-length': wavBytes(source) })
    .send(toStream(wavSoFar(source)));
}

async function sendRecording(
  { core, files }: PageParts,
  call: Call,
  format: 'wav' | 'mp3',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (call.recordingKey === null) throw notFound('Recording', `call_sid: ${call.sid}`);
  const made = recordingFiles(call.recordingKey);
  void reply.headers(recordingHeaders(`${call.sid}.${format}`, format === 'wav' ? 'audio/wav' : 'audio/mpeg'));
  const whole = await files.read(made[format]);
  if (whole) return sendRange(files, made[format], whole, request, reply);
  // It is made when the call has ended; until then there is what was recorded so far.
  const source = await files.read(made.source);
  if (!source) throw notFound('Recording', `call_sid: ${call.sid}`);
  if (format === 'mp3')
    throw new AppError('unavailable', 'The MP3 is made when the call has ended', {
      retryAt: new Date(core.clock.now().getTime() + 2000),
    });
  return reply.header('content-length', wavBytes(source)).send(toStream(wavSoFar(source)));
}

async function readText(files: FileStore, key: string): Promise<string | null> {
  const file = await files.read(key);
  if (!file) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy':
        "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; connect-src 'self' ws: wss:; media-src 'self' data:; img-src data:; form-action 'none'; base-uri 'none'",
    })
    .send(page);
}
