import { changeDesk, type DeskCore } from './change-desk.ts';
import { placeOf, type Place } from './place-in-line.ts';

/** The caller of a running call asks for a human agent; one who is in line already keeps the place. */
export async function askForHuman(
  core: DeskCore,
  { organizationId, id: callId }: { readonly organizationId: number; readonly id: number },
  reason: string | null,
): Promise<Place> {
  // The rule that routed the call may say what the agent must know.
  const origin = (await core.store.callOrigins.of([callId])).get(callId);
  const entry = {
    callId,
    skills: origin?.skills ?? [],
    priority: 0,
    targetId: null,
    transferType: 'warm',
    requestedBy: 'caller',
    reason,
  } as const;
  const { after } = await changeDesk(core, organizationId, () => ({ type: 'enter', entry }));
  return placeOf(after, callId, core.clock.now());
}
