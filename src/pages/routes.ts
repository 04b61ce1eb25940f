import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from '#apis/kit/authenticate.ts';
import type { Core } from '#core/core.ts';
import type { Call } from '#core/calls/call.ts';
import { AppError, notFound } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/ports.ts';
import type { SignedUrls } from '#edge/signed-urls.ts';
import { peaksKeyOf, wavKeyOf } from '#jobs/render-recording.ts';
import { callPage } from './call-page.ts';
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

/** Pages for people: the microphone page, and the page and recording of each call, behind a signature or a credential. */
export function mountPages(server: FastifyInstance, parts: PageParts): void {
  server.get('/phone', (_request, reply) => html(reply, phonePage()));
  server.get<{ Params: { sid: string } }>('/app/calls/:sid', async (request, reply) => {
    const call = await openCall(parts, request, request.params.sid);
    return html(reply, await renderCallPage(parts, call, parts.signedUrls.sign(recordingPath(call.sid, 'wav'), URL_TTL_MS)));
  });
  server.get<{ Params: { file: string } }>('/app/recordings/:file', async (request, reply) => {
    const sid = /^(\w+)\.wav$/.exec(request.params.file)?.[1];
    if (sid === undefined) throw notFound('Recording', `recording: ${request.params.file}`);
    const call = await openCall(parts, request, sid);
    return sendRecording(parts.files, call, request, reply);
  });
}

/** The page of a call; its sound comes from `audio` once the recording is made. */
export async function renderCallPage(parts: Pick<PageParts, 'core' | 'files'>, call: Call, audio: string): Promise<string> {
  const { core, files } = parts;
  const [agent, entries, wav, peaks] = await Promise.all([
    core.store.agents.evenDeleted(call.agentId),
    core.store.calls.entries(call.id),
    call.recordingKey === null ? null : files.read(wavKeyOf(call.recordingKey)),
    call.recordingKey === null ? null : readText(files, peaksKeyOf(call.recordingKey)),
  ]);
  return callPage({
    call, agentName: agent?.name ?? 'Deleted agent', entries, audio: wav ? audio : null, peaks: peaks === null ? null : (JSON.parse(peaks) as [number, number][]), recordingOffsetMs: call.recordingOffsetMs ?? 0, now: core.clock.now(),
  });
}

async function openCall(parts: PageParts, request: FastifyRequest, sid: string): Promise<Call> {
  const { core, signedUrls } = parts;
  const path = request.url.split('?')[0]!;
  if (signedUrls.opens(path, request.query as Record<string, unknown>)) {
    const call = await core.store.calls.bySid(sid);
    if (!call) throw notFound('Call', `call_sid: ${sid}`);
    return call;
  }
  const { organizationId } = await authenticate(core, request.headers);
  const call = await core.store.calls.find(organizationId, sid);
  if (!call) throw notFound('Call', `call_sid: ${sid}`);
  return call;
}

async function sendRecording(files: FileStore, call: Call, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const key = call.recordingKey === null ? null : wavKeyOf(call.recordingKey);
  const whole = key === null ? null : await files.read(key);
  if (!whole || key === null) throw notFound('Recording', `call_sid: ${call.sid}`);
  void reply.headers({ 'content-type': 'audio/wav', 'accept-ranges': 'bytes', 'cache-control': 'private', 'content-disposition': `inline; filename="${call.sid}.wav"` });
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range || (range[1] === '' && range[2] === '')) return reply.header('content-length', whole.size).send(toStream(whole.stream()));
  const start = range[1] === '' ? Math.max(0, whole.size - Number(range[2])) : Number(range[1]);
  const end = range[1] === '' || range[2] === '' ? whole.size - 1 : Math.min(Number(range[2]), whole.size - 1);
  if (start > end) return reply.code(416).header('content-range', `bytes */${whole.size}`).send();
  const part = await files.read(key, { start, end });
  if (!part) throw new AppError('unavailable', 'The recording could not be read');
  return reply.code(206).headers({ 'content-range': `bytes ${start}-${end}/${whole.size}`, 'content-length': end - start + 1 }).send(toStream(part.stream()));
}

const toStream = (content: AsyncIterable<Uint8Array>): NodeJS.ReadableStream => content as unknown as NodeJS.ReadableStream;

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
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; connect-src 'self' ws: wss:; media-src 'self' data:; img-src data:; form-action 'none'; base-uri 'none'",
    })
    .send(page);
}
