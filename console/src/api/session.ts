import { useSyncExternalStore } from 'react';
import { ApiError, messageOf, OfflineError } from './errors.ts';
import type { Role } from './permissions.ts';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly organization_id: string;
}

/**
 * `unknown` until the first answer. `expired`: signed in before; the pages stay as they are behind the sign-in, so that
 * no unsaved work is lost.
 */
export type Session =
  | { readonly state: 'unknown' | 'unreachable' | 'signed-out' }
  | { readonly state: 'signed-in' | 'expired'; readonly user: User };

let session: Session = { state: 'unknown' };
const listeners = new Set<() => void>();

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

export const useSession = (): Session =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );

/** The user, on pages that are shown to a signed-in user only. */
export function useUser(): User {
  const current = useSession();
  if (!('user' in current)) throw new Error('there is no signed-in user');
  return current.user;
}

export function sessionEnded(): void {
  if (session.state === 'signed-in') set({ ...session, state: 'expired' });
  else if (!('user' in session)) set({ state: 'signed-out' });
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  let reply: Response;
  try {
    reply = await fetch(path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  } catch {
    throw new OfflineError();
  }
  const read: unknown = await reply.json().catch(() => null);
  if (!reply.ok) throw new ApiError(reply.status, messageOf(read, reply.status), read, null);
  return read;
}

const RENEW_BEFORE_S = 3600;
const AGAIN_MS = 3000;
let renewal: ReturnType<typeof setTimeout> | undefined;

function signedIn({ user, expires_in: seconds }: { user: User; expires_in: number }): void {
  set({ state: 'signed-in', user });
  clearTimeout(renewal);
  renewal = setTimeout(() => void refreshSession(), Math.max(60, seconds - RENEW_BEFORE_S) * 1000);
}

export async function signIn(email: string, password: string): Promise<void> {
  signedIn((await ask('POST', '/app/session', { email, password })) as { user: User; expires_in: number });
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/app/session').catch(() => undefined);
  clearTimeout(renewal);
  set({ state: 'signed-out' });
}

export type Renewal = 'renewed' | 'ended' | 'unreachable';

let refreshing: Promise<Renewal> | null = null;

/**
 * Renews the session, and says whether it has ended or the server did not answer. One renewal at a time, also across tabs: a refresh token that is used
 * twice ends the session.
 */
export function refreshSession(): Promise<Renewal> {
  const renew = async (): Promise<Renewal> => {
    try {
      signedIn((await ask('POST', '/app/session/refresh')) as { user: User; expires_in: number });
      return 'renewed';
    } catch (error) {
      return error instanceof ApiError && error.status < 500 ? 'ended' : 'unreachable';
    }
  };
  refreshing ??= ('locks' in navigator ? navigator.locks.request('trunkline-session', renew) : renew()).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Who is signed in, as the server wrote it into the page; null if it did not know. */
function userInPage(): User | null {
  try {
    return JSON.parse(document.querySelector<HTMLMetaElement>('meta[name=user]')?.content ?? '') as User;
  } catch {
    return null;
  }
}

/** At the start of the page: who is signed in, if the session still holds. */
export async function restoreSession(): Promise<void> {
  const user = userInPage();
  // The session is renewed a little later: for how long it holds is not known.
  if (user && session.state === 'unknown') return signedIn({ user, expires_in: 0 });
  const renewal = await refreshSession();
  if (renewal === 'ended') sessionEnded();
  if (renewal !== 'unreachable') return;
  set({ state: 'unreachable' });
  setTimeout(() => void restoreSession(), AGAIN_MS);
}
