import type { Core } from '#core/core.ts';
import type { Actor } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The credential in whichever header an API documents. */
export function credentialIn(headers: Headers): string | null {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const bearer = /^Bearer\s+(\S+)$/i.exec(one('authorization') ?? '')?.[1] ?? null;
  return bearer ?? one('xi-api-key') ?? one('x-api-key');
}

/** @throws AppError unauthenticated */
export async function authenticate(core: Pick<Core, 'store' | 'secrets'>, headers: Headers, token: string | null = null): Promise<{ organizationId: number; actor: Actor }> {
  const credential = credentialIn(headers) ?? token;
  const found = credential === null ? null : await core.store.identity.apiKey(core.secrets.hash(credential));
  if (!found) throw new AppError('unauthenticated', 'Invalid API key');
  return found;
}
