import { randomUUID } from 'node:crypto';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { claimOnce, onceScope, replyOnce } from '#core/once/once.ts';
import { wrong } from './input.ts';
import type { Operation } from './operation.ts';

/** How long a repetition waits for the first request. */
const WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

export interface OnceResult {
  readonly reply: unknown;
  /** The reply is that of an earlier request. */
  readonly replayed: boolean;
}

/** Reads the idempotency key of a request. @throws AppError invalid-input */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(header))
    throw wrong('Idempotency-Key', 'Idempotency-Key must be one of 1 to 255 printable characters');
  return header;
}

/**
 * Executes a creating request, or repeats its first reply. The change stores the key in its own transaction, so that
 * even
 * after a crash it is not made twice. A failed request can be retried.
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
