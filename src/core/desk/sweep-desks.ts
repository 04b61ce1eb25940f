import { changeDesk, type DeskCore } from './change-desk.ts';

/**
 * Carries out what is due at every desk that has work, in case an event was lost or a server stopped. A desk that
 * cannot be changed does not keep the others waiting: `failed` takes its error.
 */
export async function sweepDesks(
  core: DeskCore,
  failed: (error: unknown, organizationId: number) => void,
): Promise<void> {
  const change = async (organizationId: number, event: Parameters<typeof changeDesk>[2]) => {
    try {
      await changeDesk(core, organizationId, event);
    } catch (error) {
      failed(error, organizationId);
    }
  };
  for (const { organizationId, callId, cause } of await core.store.desk.withEndedCalls())
    await change(organizationId, () => ({ type: 'call-ended', callId, cause }));
  for (const organizationId of await core.store.desk.withWork()) await change(organizationId, () => null);
}
