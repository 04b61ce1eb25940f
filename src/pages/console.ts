import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '#core/kernel/errors.ts';

const BUILT = join(import.meta.dirname, '..', '..', 'console', 'dist');
const ASSET = /^[\w-]+\.(js|css|svg|woff2)$/;
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};
const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Trunkline</title>
<p>Trunkline runs, but its console is not built. Run "npm run console" in its folder, then load this page again.</p>
</html>
`;

/** The policy of the console's page: scripts, styles and requests of this origin alone. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self' ws: wss:",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The console: one page at `/` and at every address under `/app/` that no other route has, and its hashed assets. */
export function mountConsole(server: FastifyInstance, built: string = BUILT): void {
  server.get('/', (request, reply) => {
    // The request target `*` belongs to OPTIONS alone; the router takes it for `/`.
    if (request.raw.url === '*') throw notFound('Path', 'path: *');
    return sendPage(built, reply);
  });
  server.get('/app/*', (request, reply) => {
    const path = request.url.split('?')[0]!;
    // A missing file is no page.
    if (path.startsWith('/app/assets/') || /\.\w+$/.test(path)) throw notFound('Page', `path: ${path}`);
    return sendPage(built, reply);
  });
  server.get<{ Params: { name: string } }>('/app/assets/:name', (request, reply) => sendAsset(built, request, reply));
}

async function sendPage(built: string, reply: FastifyReply): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64');
  const page = await readFile(join(built, 'index.html'), 'utf8').catch(() => null);
  return reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
      'content-security-policy': policy(nonce),
    })
    .send(page === null ? NOT_BUILT : page.replaceAll('{{nonce}}', nonce));
}

/** An asset, compressed as it was built: its name has the hash of its content, so it never changes. */
async function sendAsset(
  built: string,
  request: FastifyRequest<{ Params: { name: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = request.params;
  const extension = ASSET.exec(name)?.[1];
  const path = join(built, 'app', 'assets', name);
  const exists = extension !== undefined && (await stat(path).catch(() => null))?.isFile() === true;
  if (!exists) throw notFound('Asset', `name: ${name}`);
  const packed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    ? await readFile(`${path}.gz`).catch(() => null)
    : null;
  return reply
    .headers({
      'content-type': TYPES[extension]!,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    })
    .send(packed ?? (await readFile(path)));
}
