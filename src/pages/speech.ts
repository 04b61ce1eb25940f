import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticate } from '#apis/kit/authenticate.ts';
import type { Core } from '#core/core.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError, notFound } from '#core/kernel/errors.ts';
import { mayHear, sampleOf, sampleVoice, SPEECH_FOLDER } from '#core/voices/speech.ts';
import type { SignedUrls } from '#edge/signed-urls.ts';
import { sendRange } from './send-file.ts';

export const speechPath = (file: string): string => `/app/speech/${file}`;

const FILE = /^(?:org_\d+\/generated_[\w-]+|samples\/(?:cloned_)?voice_\d+)\.mp3$/;

interface SpeechParts {
  readonly core: Core;
  readonly signedUrls: SignedUrls;
}

/** Generated speech and samples of voices, behind a signature or a credential. */
export function mountSpeech(server: FastifyInstance, parts: SpeechParts): void {
  server.get<{ Params: { folder: string; name: string } }>('/app/speech/:folder/:name', async (request, reply) => {
    const { core } = parts;
    const file = `${request.params.folder}/${request.params.name}`;
    if (!FILE.test(file) || !(await mayOpen(parts, request, file))) throw notFound('Speech', `file: ${file}`);
    if (file.startsWith('samples/')) await sampleOf(core, await sampleVoice(core, file));
    const key = `${SPEECH_FOLDER}/${file}`;
    const whole = await core.files.read(key);
    if (!whole) throw notFound('Speech', `file: ${file}`);
    void reply.headers({
      'content-type': 'audio/mpeg',
      'cache-control': 'private',
      'x-content-type-options': 'nosniff',
      'content-disposition': `inline; filename="${request.params.name}"`,
    });
    return sendRange(core.files, key, whole, request, reply);
  });
}

async function mayOpen({ core, signedUrls }: SpeechParts, request: FastifyRequest, file: string): Promise<boolean> {
  const path = request.url.split('?')[0]!;
  if (signedUrls.opens(path, request.query as Record<string, unknown>)) return true;
  const { organizationId, actor } = await authenticate(core, request.headers);
  if (!isAllowed(actor, 'read-calls')) throw new AppError('forbidden', 'This role may not do that');
  return mayHear(core, { organizationId }, file);
}
