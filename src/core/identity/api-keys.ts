import type { BaseCore } from '../core.ts';
import { userOf, type Context, type Role } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import type { ApiKey } from './credential-store.ts';

/** Roles of API keys. Only a user can be a human agent. */
export const KEY_ROLES = ['admin', 'manager', 'viewer'] as const satisfies readonly Role[];

/** The result holds the key itself; only its hash is stored. */
export async function createApiKey(
  core: BaseCore,
  ctx: Context,
  input: { readonly name: string; readonly role: (typeof KEY_ROLES)[number] },
): Promise<{ readonly apiKey: ApiKey; readonly key: string }> {
  const key = `tl_${core.secrets.token()}`;
  return core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    // The credential may have been revoked since the request was authenticated.
    if (!(await isStillValid(records, ctx))) throw new AppError('unauthenticated', 'Invalid API key or access token');
    const apiKey = await records.credentials.insertApiKey({
      organizationId: ctx.organizationId,
      name: input.name,
      keyHash: core.secrets.hash(key),
      role: input.role,
      userId: userOf(ctx.actor),
    });
    await records.outbox.audit(ctx, 'api-key.create', `key_${apiKey.id}`, { name: input.name, role: input.role });
    return { apiKey, key };
  });
}

async function isStillValid({ credentials }: Records, { organizationId, actor }: Context): Promise<boolean> {
  switch (actor.kind) {
    case 'system':
      return true;
    case 'user':
      return (await credentials.session(actor.sessionId, actor.id)) !== null;
    case 'api-key':
      return (await credentials.listApiKeys(organizationId)).some(({ id }) => id === actor.id);
  }
}

export function listApiKeys(core: BaseCore, ctx: Context): Promise<readonly ApiKey[]> {
  return core.store.credentials.listApiKeys(ctx.organizationId);
}

/** @throws AppError not-found, unchangeable (the configured key) */
export async function revokeApiKey(core: BaseCore, ctx: Context, id: number): Promise<void> {
  await core.store.transaction(async (records) => {
    const key = (await records.credentials.listApiKeys(ctx.organizationId)).find((one) => one.id === id);
    if (!key) throw notFound('API key', `key_id: key_${id}`);
    if (key.configured)
      throw new AppError(
        'unchangeable',
        'This key comes from the configuration: change API_SECRET_KEY, or reset it with the admin command',
        { subject: `key_id: key_${id}` },
      );
    await records.credentials.revokeApiKey(id, core.clock.now());
    await records.outbox.audit(ctx, 'api-key.revoke', `key_${id}`);
  });
}
