import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { getCall } from './get-call.ts';
import type { Leg } from './leg.ts';
import type { Participant } from './participant.ts';

/** The legs and participants of one call, in the order in which they came. @throws AppError not-found */
export async function legsOfCall(
  core: Core,
  ctx: Context,
  id: string | number,
  subject: string,
): Promise<{ readonly legs: readonly Leg[]; readonly participants: readonly Participant[] }> {
  const call = await getCall(core, ctx, id, subject);
  const [legs, participants] = await Promise.all([
    core.store.legs.ofCall(call.id),
    core.store.legs.participants(call.id),
  ]);
  return { legs, participants };
}
