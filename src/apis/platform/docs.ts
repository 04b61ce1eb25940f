import { z } from 'zod';
import { notFound } from '#core/kernel/errors.ts';
import type { ApiDocuments } from '../kit/api-documents.ts';
import { IdText } from '../kit/codecs.ts';
import { openOperation, type RestOperation } from '../kit/operation.ts';

const reply = z.record(z.string(), z.unknown());
const params = z.object({ api: IdText });

/** `/docs/<api>` and `/docs/<api>/asyncapi`: the operations and the event socket of each API. */
export const docsOperations = (documents: ApiDocuments): readonly RestOperation[] => [
  openOperation({
    method: 'GET',
    path: '/docs/:api',
    summary: 'OpenAPI of an API',
    params,
    reply,
    handle: ({ params: { api } }) => Promise.resolve(shown(documents.openApi(api), api)),
  }),
  openOperation({
    method: 'GET',
    path: '/docs/:api/asyncapi',
    summary: 'AsyncAPI of the event socket',
    params,
    reply,
    handle: ({ params: { api } }) => Promise.resolve(shown(documents.asyncApi(api), api)),
  }),
];

/** @throws AppError not-found */
function shown(document: object | null, api: string): Record<string, unknown> {
  if (!document) throw notFound('API', `api: ${api}`);
  return document as Record<string, unknown>;
}
