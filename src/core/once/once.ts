import type { BaseCore } from '../core.ts';
import { actorName, type Context } from '../kernel/context.ts';
import type { OnceScope, OnceState } from './once-store.ts';

/** A request that has been running for longer than this was lost with its server. */
const STALE_MS = 60_000;

/** A request with an Idempotency-Key, within its organization and actor. `attempt` is unique to each try. */
export function onceScope(ctx: Context, operation: string, key: string, attempt: string): OnceScope {
  return { organizationId: ctx.organizationId, actor: actorName(ctx.actor), operation, key, attempt };
}

/** Claims the request for this attempt, or answers the state of an earlier one; a stored reply is opened. */
export async function claimOnce(core: BaseCore, scope: OnceScope, input: unknown): Promise<OnceState> {
  const now = core.clock.now();
  // A keyed hash, because the body may contain a password.
  const requestHash = core.secrets.keyedHash(JSON.stringify(input));
  const known = await core.store.once.claim(scope, requestHash, now, new Date(now.getTime() - STALE_MS));
  return known.state === 'done' ? { ...known, reply: core.secrets.open(known.reply) } : known;
}

/** Carries the request out and stores its reply before it is sent, so that an acknowledged reply can be repeated. */
export async function replyOnce(core: BaseCore, scope: OnceScope, carryOut: () => Promise<unknown>): Promise<unknown> {
  try {
    const reply = await carryOut();
    await core.store.once.finish(scope, core.secrets.seal(JSON.stringify(reply)));
    return reply;
  } catch (error) {
    // If the release fails too, the claim becomes stale.
    await core.store.once.release(scope).catch(() => undefined);
    throw error;
  }
}
