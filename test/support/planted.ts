import { createHash } from 'node:crypto';

/** A part of a secret that must not be read anywhere; the documented mask shows the last four characters. */
const SHORTEST_PART = 7;

/** A secret of 32 letters that no id, time or hexadecimal text contains a part of. */
export function planted(name: string): string {
  const letters = 'ghijklmnopqrstuvwxyz';
  return [...createHash('sha256').update(name).digest()].map((byte) => letters[byte % letters.length]).join('');
}

/** What a text must not contain: parts of the secret, in plain text, hexadecimal or Base64 at any offset. */
function tracesOf(secret: string): readonly string[] {
  const parts = Array.from({ length: secret.length - SHORTEST_PART + 1 }, (_, at) =>
    secret.slice(at, at + SHORTEST_PART),
  );
  const encoded = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.from('-'.repeat(offset) + secret);
    // The first and last characters depend on what stands beside the secret.
    return (['base64', 'base64url'] as const).map((form) => text.toString(form).slice(4, -4));
  });
  return [...parts, ...encoded, Buffer.from(secret).toString('hex')];
}

/** The names of the secrets that a text tells something of. */
export const secretsIn = (text: string, secrets: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(secrets)
    .filter(([, secret]) => tracesOf(secret).some((trace) => text.includes(trace)))
    .map(([name]) => name);
