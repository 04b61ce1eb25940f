import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { authenticate, cookieIn, SESSION_COOKIE, type Headers } from '#apis/kit/authenticate.ts';
import { failedSignIns, maskedAccount } from '#apis/kit/failed-sign-ins.ts';
import { parseInput, readJson } from '#apis/kit/input.ts';
import { idOf } from '#apis/kit/codecs.ts';
import type { Core } from '#core/core.ts';
import { ACCESS_TOKEN_SECONDS, principalOf, refreshSignIn, signIn, type SignedIn } from '#core/identity/sign-in.ts';
import { signOut } from '#core/identity/sign-out.ts';
import { getMyself } from '#core/identity/users.ts';
import type { User } from '#core/identity/user.ts';
import { AppError } from '#core/kernel/errors.ts';

const PATH = '/app/session';
const REFRESH_COOKIE = 'trunkline_refresh';
const REFRESH_SECONDS = 30 * 86_400;
const LONGEST = 1000;
const Login = z.object({ email: z.string().max(LONGEST), password: z.string().max(LONGEST) });

const shownUser = (user: User): object => ({
  id: idOf('user', user.id),
  email: user.email,
  name: user.name,
  role: user.role,
  organization_id: idOf('org', user.organizationId),
});

/** So long a page waits to know who is signed in; without it, its scripts ask. */
const LONGEST_WAIT_MS = 1000;

/** The user of the session cookie, as pages know them; null if it signs no one in, or if that cannot be read now. */
export async function userOfSession(core: Core, { headers, id }: FastifyRequest): Promise<object | null> {
  const token = cookieIn(headers, SESSION_COOKIE);
  if (token === null) return null;
  const read = async () => shownUser(await getMyself(core, { ...(await principalOf(core, token)), requestId: id }));
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), LONGEST_WAIT_MS);
  const user = await Promise.race([read().catch(() => null), late.promise]);
  clearTimeout(timer);
  return user;
}

export interface SessionParts {
  readonly core: Core;
  /** The header that shows that a page of another site makes the request, or null. */
  readonly otherOriginIn: (headers: Headers) => string | null;
  /** Whether pages are served over HTTPS: their cookies are then never sent without it. */
  readonly isSecure: () => boolean;
}

/**
 * The session of pages: signing in stores the access token and the refresh token in cookies that no script can read and
 * no other site can send. A refresh replaces both; a replayed refresh token ends the session.
 */
export function mountSession(server: FastifyInstance, { core, otherOriginIn, isSecure }: SessionParts): void {
  const cookie = (name: string, value: string, path: string, seconds: number) =>
    `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure() ? '; Secure' : ''}`;
  const answer = (reply: FastifyReply, { accessToken, refreshToken, user }: SignedIn) =>
    reply
      .header('set-cookie', [
        cookie(SESSION_COOKIE, accessToken, '/', ACCESS_TOKEN_SECONDS),
        cookie(REFRESH_COOKIE, refreshToken, PATH, REFRESH_SECONDS),
      ])
      .header('cache-control', 'no-store')
      .send({
        user: shownUser(user),
        expires_in: ACCESS_TOKEN_SECONDS,
      });
  const fromOwnPage = (request: FastifyRequest) => {
    const other = otherOriginIn(request.headers);
    if (other !== null) throw new AppError('forbidden', `Pages of other sites may not do that (${other})`);
  };

  server.post(PATH, async (request, reply) => {
    fromOwnPage(request);
    const body = parseInput(Login, readJson(request.body), 'body') as z.output<typeof Login>;
    try {
      return await answer(reply, await signIn(core, { ...body, address: request.ip }));
    } catch (error) {
      if (error instanceof AppError) {
        const failed = { account: maskedAccount(body.email), address: request.ip, code: error.code };
        failedSignIns.add({ ...failed, request_id: request.id }, request.log);
      }
      throw error;
    }
  });
  server.post(`${PATH}/refresh`, async (request, reply) => {
    fromOwnPage(request);
    const refreshToken = cookieIn(request.headers, REFRESH_COOKIE);
    if (refreshToken === null) throw new AppError('unauthenticated', 'There is no session to refresh');
    return answer(reply, await refreshSignIn(core, refreshToken));
  });
  server.delete(PATH, async (request, reply) => {
    fromOwnPage(request);
    await signOut(core, await authenticate(core, request.headers));
    return reply
      .header('set-cookie', [cookie(SESSION_COOKIE, '', '/', 0), cookie(REFRESH_COOKIE, '', PATH, 0)])
      .header('cache-control', 'no-store')
      .send({ success: true });
  });
}
