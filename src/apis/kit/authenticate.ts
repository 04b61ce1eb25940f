import type { BaseCore } from '#core/core.ts';
import { principalOf } from '#core/identity/sign-in.ts';
import { type Principal } from '#core/identity/principal.ts';
import { AppError } from '#core/kernel/errors.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Holds the access token of a page's session. */
export const SESSION_COOKIE = 'trunkline_session';

/** The value of a cookie; null if it is missing or empty. */
export function cookieIn({ cookie }: Headers, name: string): string | null {
  for (const part of String(cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || null;
  }
  return null;
}

/**
 * The credential in whichever header an API documents, else in the session cookie. Servers remove cookies from requests
 * of other sites before this.
 */
export function credentialIn(headers: Headers): string | null {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const bearer = /^Bearer\s+(\S+)$/i.exec(one('authorization') ?? '')?.[1] ?? null;
  return bearer ?? one('xi-api-key') ?? one('x-api-key') ?? cookieIn(headers, SESSION_COOKIE);
}

/** @throws AppError unauthenticated, token-expired */
export async function authenticate(core: BaseCore, headers: Headers, token: string | null = null): Promise<Principal> {
  const credential = credentialIn(headers) ?? token;
  if (credential === null) throw new AppError('unauthenticated', 'Missing API key or access token');
  return principalOf(core, credential);
}
