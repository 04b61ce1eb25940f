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
/** The page that `/` leads to. */
const HOME = '/app/board';
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

interface BuiltPage {
  readonly html: string;
  /** The scripts of each page of the console, by its path, in which `$name` stands for any part. */
  readonly preloads: readonly { readonly path: string; readonly files: readonly string[] }[];
}

/**
 * The console: one page at `/` and at every address under `/app/` that no other route has, and its hashed assets.
 * `userOf` is the user that the cookie of a request signs in, or null: the page then shows at once what is theirs.
 */
export function mountConsole(
  server: FastifyInstance,
  userOf: (request: FastifyRequest) => Promise<object | null>,
): void {
  const send = async (request: FastifyRequest, reply: FastifyReply) =>
    sendPage(request.url.split('?')[0]!, await userOf(request), reply);
  server.get('/', (request, reply) => {
    // The request target `*` belongs to OPTIONS alone; the router takes it for `/`.
    if (request.raw.url === '*') throw notFound('Path', 'path: *');
    return send(request, reply);
  });
  server.get('/app/*', (request, reply) => {
    const path = request.url.split('?')[0]!;
    // A missing file is no page.
    if (path.startsWith('/app/assets/') || /\.\w+$/.test(path)) throw notFound('Page', `path: ${path}`);
    return send(request, reply);
  });
  server.get<{ Params: { name: string } }>('/app/assets/:name', (request, reply) => sendAsset(request, reply));
}

async function sendPage(path: string, user: object | null, reply: FastifyReply): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64');
  const page = await readPage().catch(() => null);
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
    .send(page === null ? NOT_BUILT : filled(page, { path: path === '/' ? HOME : path, user, nonce }));
}

async function readPage(): Promise<BuiltPage> {
  const [html, preloads] = await Promise.all(
    ['index.html', 'preloads.json'].map((name) => readFile(join(BUILT, name), 'utf8')),
  );
  const files = Object.entries(JSON.parse(preloads!) as Record<string, string[]>);
  return { html: html!, preloads: files.map(([path, of]) => ({ path, files: of })) };
}

function isAt(path: string, pattern: string): boolean {
  const [parts, wanted] = [path.split('/'), pattern.split('/')];
  return (
    parts.length === wanted.length && wanted.every((one, i) => one === parts[i] || (one[0] === '$' && parts[i] !== ''))
  );
}

/** The page for one request: with the scripts that its path needs, and with who is signed in. */
function filled(
  { html, preloads }: BuiltPage,
  { path, user, nonce }: { readonly path: string; readonly user: object | null; readonly nonce: string },
): string {
  const files = preloads.find((one) => isAt(path, one.path))?.files ?? [];
  const links = files.map((file) => `<link rel="modulepreload" crossorigin href="/${file}">`).join('\n    ');
  const values: Readonly<Record<string, string>> = {
    '{{nonce}}': nonce,
    '{{user}}': escaped(user === null ? '' : JSON.stringify(user)),
    '<!-- preloads -->': links,
  };
  return html.replace(/\{\{nonce\}\}|\{\{user\}\}|<!-- preloads -->/g, (name) => values[name]!);
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** An asset, compressed as it was built: its name has the hash of its content, so it never changes. */
async function sendAsset(
  request: FastifyRequest<{ Params: { name: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name } = request.params;
  const extension = ASSET.exec(name)?.[1];
  const path = join(BUILT, 'app', 'assets', name);
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
