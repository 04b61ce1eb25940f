import type { BaseCore } from '../core.ts';
import type { Principal } from './principal.ts';

/** Ends the sign-in that a principal came with; its tokens are void at once. Nothing for an API key. */
export async function signOut(core: BaseCore, { organizationId, actor }: Principal): Promise<void> {
  if (actor.kind !== 'user') return;
  await core.store.transaction(async (records) => {
    await records.credentials.endSession(actor.sessionId, core.clock.now());
    await records.outbox.audit({ organizationId, actor }, 'user.sign-out', `user_${actor.id}`);
  });
}
