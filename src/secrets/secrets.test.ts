import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { it } from 'node:test';
import { makeSecrets } from './secrets.ts';

const SECRET = 'a-secret';

it('JWT_SECRET signs access tokens as it is written, so that other programs can check and make them', async () => {
  const secrets = makeSecrets({ encryptionKey: 'an-encryption-key', jwtSecret: SECRET });
  const now = new Date('2026-01-10T18:30:00Z');
  const claims = { userId: 7, sessionId: 3 };
  const token = await secrets.signAccessToken(claims, new Date('2026-01-11T18:30:00Z'));
  const signed = token.slice(0, token.lastIndexOf('.'));
  const signature = (text: string) => createHmac('sha256', SECRET).update(text).digest('base64url');
  assert.equal(token, `${signed}.${signature(signed)}`);

  const [head, body] = signed.split('.') as [string, string];
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const made = (change: object) => {
    const text = `${head}.${Buffer.from(JSON.stringify({ ...payload, ...change })).toString('base64url')}`;
    return `${text}.${signature(text)}`;
  };
  assert.deepEqual(await secrets.readAccessToken(made({}), now), claims);
  assert.equal(await secrets.readAccessToken(made({ exp: now.getTime() / 1000 - 1 }), now), 'expired');
});
