import { z } from 'zod';
import { ACCESS_TOKEN_SECONDS, refreshSignIn, signIn } from '#core/identity/sign-in.ts';
import { maskedAccount } from '../kit/failed-sign-ins.ts';
import { readJson } from '../kit/input.ts';
import { openOperation } from '../kit/operation.ts';
import { idOf } from '../kit/codecs.ts';
import { envelope, enveloped } from './dialect.ts';

const MOST = 1000;

function accountIn(body: unknown): string | null {
  const { email } = readJson(body) as { email?: unknown };
  return typeof email === 'string' ? maskedAccount(email) : null;
}

export const loginOperation = openOperation({
  method: 'POST',
  path: '/api/auth/login',
  summary: 'Obtain an access token',
  account: accountIn,
  body: z.object({ email: z.string().max(MOST), password: z.string().max(MOST) }),
  reply: enveloped(
    z.object({
      token: z.string(),
      refresh_token: z.string(),
      expires_in: z.int(),
      user: z.object({ id: z.string(), email: z.string(), organization_id: z.string() }),
    }),
  ),
  handle: async ({ core, body, requestId, address }) => {
    const { accessToken, refreshToken, user } = await signIn(core, { ...body, address });
    return envelope(requestId, {
      token: accessToken,
      refresh_token: refreshToken,
      expires_in: ACCESS_TOKEN_SECONDS,
      user: { id: idOf('user', user.id), email: user.email, organization_id: idOf('org', user.organizationId) },
    });
  },
});

export const refreshOperation = openOperation({
  method: 'POST',
  path: '/api/auth/refresh',
  summary: 'A new access token for a refresh token, which is used up',
  body: z.object({ refresh_token: z.string().max(MOST) }),
  reply: enveloped(z.object({ token: z.string(), refresh_token: z.string(), expires_in: z.int() })),
  handle: async ({ core, body, requestId }) => {
    const { accessToken, refreshToken } = await refreshSignIn(core, body.refresh_token);
    return envelope(requestId, { token: accessToken, refresh_token: refreshToken, expires_in: ACCESS_TOKEN_SECONDS });
  },
});
