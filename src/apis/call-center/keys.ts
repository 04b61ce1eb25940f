import { z } from 'zod';
import { createApiKey, KEY_ROLES, listApiKeys, revokeApiKey } from '#core/identity/api-keys.ts';
import type { ApiKey } from '#core/identity/credential-store.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, timeInSeconds } from '../kit/codecs.ts';
import { envelope, enveloped } from './dialect.ts';

const KeyReply = z.object({
  key_id: z.string(),
  name: z.string(),
  role: z.string(),
  user_id: z.string().nullable(),
  created_at: z.string(),
});

function present(key: ApiKey): z.input<typeof KeyReply> {
  return {
    key_id: idOf('key', key.id),
    name: key.name,
    role: key.role,
    user_id: key.userId === null ? null : idOf('user', key.userId),
    created_at: timeInSeconds(key.createdAt),
  };
}

export const createKeyOperation = operation({
  method: 'POST',
  path: '/api/keys',
  summary: 'Make an API key; it is shown this once',
  permission: 'manage-keys',
  creates: true,
  body: z.object({ name: z.string().trim().min(1).max(200), role: z.enum(KEY_ROLES).default('admin') }),
  reply: enveloped(KeyReply.extend({ key: z.string() })),
  handle: async ({ core, ctx, body, requestId }) => {
    const { apiKey, key } = await createApiKey(core, ctx, body);
    return envelope(requestId, { ...present(apiKey), key });
  },
});

export const listKeysOperation = operation({
  method: 'GET',
  path: '/api/keys',
  summary: 'List API keys',
  permission: 'manage-keys',
  reply: enveloped(z.object({ keys: z.array(KeyReply) })),
  handle: async ({ core, ctx, requestId }) =>
    envelope(requestId, { keys: (await listApiKeys(core, ctx)).map(present) }),
});

export const revokeKeyOperation = operation({
  method: 'DELETE',
  path: '/api/keys/:key_id',
  summary: 'Revoke an API key',
  permission: 'manage-keys',
  params: z.object({ key_id: IdText }),
  reply: enveloped(z.object({ key_id: z.string() })),
  handle: async ({ core, ctx, params, requestId }) => {
    await revokeApiKey(core, ctx, numberOf('key', params.key_id, 'API key', 'key_id'));
    return envelope(requestId, { key_id: params.key_id });
  },
});
