import { changeDesk, type DeskCore } from './change-desk.ts';

/** Carries out what is due at every desk that has work, in case an event was lost. */
export async function sweepDesks(core: DeskCore): Promise<void> {
  for (const organizationId of await core.store.desk.withWork()) await changeDesk(core, organizationId, () => null);
}
