import { changeDesk, type DeskCore } from './change-desk.ts';

/** Carries out what is due at every desk that has work, in case an event was lost or a server stopped. */
export async function sweepDesks(core: DeskCore): Promise<void> {
  for (const { organizationId, callId, cause } of await core.store.desk.withEndedCalls())
    await changeDesk(core, organizationId, () => ({ type: 'call-ended', callId, cause }));
  for (const organizationId of await core.store.desk.withWork()) await changeDesk(core, organizationId, () => null);
}
