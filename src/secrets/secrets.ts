import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { errors, jwtVerify, SignJWT } from 'jose';
import { AppError } from '#core/kernel/errors.ts';
import type { AccessClaims, Secrets } from '#core/kernel/secrets.ts';

/** Concurrent password hashes: each blocks a thread for some 30 ms, and files of calls need the same few threads. */
const PASSWORDS_AT_ONCE = 2;
const MOST_WAITING = 100;
const AUDIENCE = 'trunkline';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A key for one purpose, derived from the installation's own. */
export function deriveKey(encryptionKey: string, purpose: string): Buffer {
  return createHmac('sha256', encryptionKey).update(purpose).digest();
}

/** Says which encryption key a database was used with, and nothing of the key. */
export const fingerprintOf = (encryptionKey: string): string =>
  deriveKey(encryptionKey, 'fingerprint').toString('base64url').slice(0, 16);

export function makeSecrets(given: { readonly encryptionKey: string; readonly jwtSecret: string | null }): Secrets {
  const sealing = deriveKey(given.encryptionKey, 'sealing');
  // As a key object it is prepared once, not for each hash.
  const hashing = createSecretKey(deriveKey(given.encryptionKey, 'keyed-hash'));
  const signing =
    given.jwtSecret === null ? deriveKey(given.encryptionKey, 'access-tokens') : Buffer.from(given.jwtSecret);
  const turn = limited(PASSWORDS_AT_ONCE, MOST_WAITING);
  const unusable = hash(randomBytes(16).toString('hex'));
  return {
    callSid: () => `CA${randomBytes(16).toString('hex')}`,
    token: () => randomBytes(32).toString('base64url'),
    signingSecret: () => `whsec_${randomBytes(32).toString('base64')}`,
    signedHeaders,
    bodySignature: (secret, body) => createHmac('sha256', secret).update(body).digest('hex'),
    hash: (value) => createHash('sha256').update(value).digest('hex'),
    keyedHash: (value) => createHmac('sha256', hashing).update(value).digest('hex'),
    seal: (text) => seal(sealing, text),
    open: (sealed) => open(sealing, sealed),
    passwordTurn: turn,
    hashPassword: (password) => hash(password),
    isPassword: async (known, password) => (await verify(known ?? (await unusable), password)) && known !== null,
    signAccessToken: (claims, expiresAt) =>
      new SignJWT({ sid: claims.sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(String(claims.userId))
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .setJti(randomBytes(12).toString('base64url'))
        .sign(signing),
    readAccessToken: (token, now) => readAccessToken(signing, token, now),
  };
}

async function readAccessToken(key: Buffer, token: string, now: Date): Promise<AccessClaims | 'expired' | null> {
  // API keys are random, so a fast hash is enough.
  if (token.split('.').length !== 3) return null;
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      audience: AUDIENCE,
      currentDate: now,
      requiredClaims: ['exp', 'sub'],
    });
    const userId = Number(payload.sub);
    const sessionId = payload['sid'];
    return Number.isSafeInteger(userId) && typeof sessionId === 'number' ? { userId, sessionId } : null;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'expired';
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

/** @see https://www.standardwebhooks.com */
function signedHeaders(secret: string, id: string, at: Date, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

function seal(key: Buffer, text: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function open(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

/** Runs a few tasks at once; others wait in a queue, and a full queue rejects further ones. */
function limited(atOnce: number, mostWaiting: number): Secrets['passwordTurn'] {
  let running = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) {
      if (line.length >= mostWaiting)
        throw new AppError('unavailable', 'Too many sign-ins at once. Try again in a moment.');
      await new Promise<void>((go) => line.push(go));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      // The next in the queue takes over the slot.
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
}
