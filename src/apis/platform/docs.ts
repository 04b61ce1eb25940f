import { z } from 'zod';
import { notFound } from '#core/kernel/errors.ts';
import type { Api } from '../kit/api.ts';
import { openApiOf } from '../kit/openapi.ts';
import { openOperation, type RestOperation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';

/** `/docs/<api>` and `/docs/<api>/asyncapi`: the operations and the event socket of each API. */
export function docsOperations(apis: () => readonly Api[], version: string): readonly RestOperation[] {
  return [openApiOperation(apis, version), asyncApiOperation(apis, version)];
}

/** A document is made when it is first asked for. */
function openApiOperation(apis: () => readonly Api[], version: string): RestOperation {
  const made = new Map<string, object>();
  return openOperation({
    method: 'GET',
    path: '/docs/:api',
    summary: 'OpenAPI of an API',
    params: z.object({ api: IdText }),
    reply: z.record(z.string(), z.unknown()),
    handle: ({ params }) => {
      const api = apis().find((one) => one.name === params.api);
      if (!api) throw notFound('API', `api: ${params.api}`);
      const document = made.get(api.name) ?? openApiOf(api, version);
      made.set(api.name, document);
      return Promise.resolve(document as Record<string, unknown>);
    },
  });
}

function asyncApiOperation(apis: () => readonly Api[], version: string): RestOperation {
  return openOperation({
    method: 'GET',
    path: '/docs/:api/asyncapi',
    summary: 'AsyncAPI of the event socket',
    params: z.object({ api: IdText }),
    reply: z.record(z.string(), z.unknown()),
    handle: ({ params }) => {
      const describe = apis().find((one) => one.name === params.api)?.asyncApi;
      if (!describe) throw notFound('API', `api: ${params.api}`);
      return Promise.resolve(describe(version) as Record<string, unknown>);
    },
  });
}
