import { changeDesk, type DeskCore } from './change-desk.ts';
import { lineFor } from './line-for.ts';
import { placeOf, type Place } from './place-in-line.ts';

/** The caller of a running call asks for a human agent; one who is in line already keeps the place. */
export async function askForHuman(
  core: DeskCore,
  call: { readonly organizationId: number; readonly id: number },
  reason: string | null,
): Promise<Place> {
  const { organizationId, id: callId } = call;
  const entry = {
    callId,
    priority: 0,
    targetId: null,
    transferType: 'warm',
    requestedBy: 'caller',
    reason,
  } as const;
  const { after } = await changeDesk(core, organizationId, async (_, now, records) => ({
    type: 'enter',
    entry: { ...entry, ...(await lineFor(records, call, now)) },
  }));
  return placeOf(after, callId, core.clock.now());
}
