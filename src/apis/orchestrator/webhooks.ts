import { z } from 'zod';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Limit } from '../kit/api.ts';
import { rawOperation, type Operation, type RawReply } from '../kit/operation.ts';

/** Of those that no carrier has signed. */
const UNSIGNED: Limit = { name: 'health', points: 1000, windowS: 60 };

/** What carriers send, one address each; each carrier is answered in its own form. */
export function webhookOperations(
  carriers: readonly { readonly webhook: string; readonly name: string }[],
  receive: (webhook: string, request: RawRequest) => Promise<RawReply>,
): readonly Operation[] {
  return carriers.map(({ webhook, name }) =>
    rawOperation({
      method: 'POST',
      path: `/voice/webhook/${webhook}`,
      summary: `${name} Webhook`,
      limit: UNSIGNED,
      body: z.looseObject({}),
      raw: (request) => receive(webhook, request),
    }),
  );
}
