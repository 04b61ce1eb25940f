import { randomUUID } from 'node:crypto';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { claimOnce, onceScope, replyOnce } from '#core/once/once.ts';
import { wrong } from './input.ts';
import type { Operation } from './operation.ts';

/** How long a repetition waits for the first to be done. */
const WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

export interface OnceResult {
  readonly reply: unknown;
  /** It was carried out before. */
  readonly replayed: boolean;
}

/** The key of a request that is to be carried out once. @throws AppError invalid-input */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(header))
    throw wrong('Idempotency-Key', 'Idempotency-Key must be one of 1 to 255 printable characters');
  return header;
}

/**
 * Carries out a request that creates, or answers what it answered the first time. The change itself is marked with the
 * key in its own transaction, so that not even a crash makes it twice. A request that failed may be tried again.
 * @throws AppError conflict when the key was used for another request, or the first reply was lost
 */
export async function carryOutOnce(
  core: Core,
  operation: Operation,
  ctx: Context,
  key: string,
  input: unknown,
  carryOut: (ctx: Context) => Promise<unknown>,
): Promise<OnceResult> {
  const scope = onceScope(ctx, operation.name, key, randomUUID());
  for (const until = Date.now() + WAIT_MS; ; await new Promise((again) => setTimeout(again, LOOK_AGAIN_MS))) {
    const known = await claimOnce(core, scope, input);
    switch (known.state) {
      case 'ours':
        return { reply: await replyOnce(core, scope, () => carryOut({ ...ctx, once: scope })), replayed: false };
      case 'done':
        return { reply: JSON.parse(known.reply), replayed: true };
      case 'carried-out':
        throw new AppError(
          'conflict',
          `This request was carried out and made ${known.subject}; its reply was lost when the server stopped`,
          { subject: known.subject },
        );
      case 'other-request':
        throw new AppError('conflict', 'This Idempotency-Key was used for another request', {
          subject: `Idempotency-Key: ${key}`,
        });
      case 'running':
        if (Date.now() > until)
          throw new AppError('conflict', 'A request with this Idempotency-Key is still running', {
            subject: `Idempotency-Key: ${key}`,
          });
    }
  }
}
