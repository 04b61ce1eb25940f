import { z } from 'zod';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Limit } from '../kit/limit.ts';
import { rawOperation, type RestOperation, type RawReply } from '../kit/operation.ts';

/** Of those that no carrier has signed. */
const UNSIGNED: Limit = { name: 'unsigned webhooks', points: 1000, windowS: 60 };

/** What carriers send, one address each; each carrier is answered in its own form. */
export function webhookOperations(
  carriers: readonly { readonly webhook: string; readonly name: string; readonly byGet: boolean }[],
  receive: (webhook: string, request: RawRequest) => Promise<RawReply>,
): readonly RestOperation[] {
  return carriers.flatMap(({ webhook, name, byGet }) => {
    const about = {
      path: `/voice/webhook/${webhook}`,
      summary: `${name} Webhook`,
      limit: UNSIGNED,
      raw: (request: RawRequest) => receive(webhook, request),
    };
    return [
      rawOperation({ ...about, method: 'POST', body: z.looseObject({}) }),
      ...(byGet ? [rawOperation({ ...about, method: 'GET' })] : []),
    ];
  });
}
