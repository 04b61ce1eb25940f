import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ApiDocuments } from '#apis/kit/api-documents.ts';
import { notFound } from '#core/kernel/errors.ts';
import { indexPage, socketsPage, referencePage, STYLE, STYLE_HASH } from './reference-page.ts';

/** The pages hold no script: nothing but their own style is allowed. */
const POLICY = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Readable pages of the APIs: `/docs` lists them, `/docs/<api>/reference` and `/docs/<api>/sockets` show them. */
export function mountReference(server: FastifyInstance, documents: ApiDocuments): void {
  const pages = new Map<string, string>();
  /** Pages change with the version alone, so each is rendered once. */
  const once = (path: string, render: () => string | null, reply: FastifyReply): FastifyReply => {
    const page = pages.get(path) ?? render();
    if (page === null) throw notFound('Page', `path: ${path}`);
    pages.set(path, page);
    return send(reply, page);
  };
  server.get('/docs', (_request, reply) => once('/docs', () => indexPage(documents), reply));
  server.get<{ Params: { api: string } }>('/docs/:api/reference', ({ params: { api } }, reply) => {
    const document = documents.openApi(api);
    return once(`/docs/${api}/reference`, () => document && referencePage(api, document), reply);
  });
  server.get<{ Params: { api: string } }>('/docs/:api/sockets', ({ params: { api } }, reply) => {
    const document = documents.asyncApi(api);
    return once(`/docs/${api}/sockets`, () => document && socketsPage(api, document), reply);
  });
}

const send = (reply: FastifyReply, body: string): FastifyReply =>
  reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': POLICY,
    })
    .send(body.replace('<style></style>', `<style>${STYLE}</style>`));
