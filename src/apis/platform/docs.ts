import { z } from 'zod';
import { notFound } from '#core/kernel/errors.ts';
import type { Api } from '../kit/api.ts';
import { openApiOf } from '../kit/openapi.ts';
import { openOperation, type RestOperation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';

/** `/docs/<api>`: the OpenAPI of each API. They are made when first asked for. */
export function docsOperation(apis: () => readonly Api[], version: string): RestOperation {
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
