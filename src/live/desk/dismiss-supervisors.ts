import { maySupervise } from '#core/desk/supervise-call.ts';
import type { CallDeskOptions, Party } from './call-desk-options.ts';

/** Supervisors who have lost their role are disconnected. */
export async function dismissSupervisors(
  { core, call, legs }: Pick<CallDeskOptions, 'core' | 'call' | 'legs'>,
  parties: Iterable<Party>,
): Promise<void> {
  for (const { leg, userId, media } of parties) {
    if (leg.kind !== 'supervisor' || (await maySupervise(core, call.organizationId, userId))) continue;
    await legs.end(leg, 'role_lost');
    media.close();
  }
}
