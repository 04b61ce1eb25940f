import { endingOf, finishCall } from '../calls/finish-call.ts';
import type { Core } from '../core.ts';
import { isEnded } from '../calls/call.ts';
import type { UnansweredDial } from './dialling-store.ts';

/** Why a dial that has not been answered has to end; null if it may go on. */
export function recallReason(
  dial: UnansweredDial,
  now: Date,
): 'campaign_paused' | 'too_late' | 'refused_meanwhile' | null {
  if (dial.refused) return 'refused_meanwhile';
  if (!dial.campaignActive) return 'campaign_paused';
  const isOver = (at: Date | null) => at !== null && now >= at;
  return isOver(dial.notAfter) || isOver(dial.endsAt) ? 'too_late' : null;
}

/**
 * Ends dials that were not answered before their campaign was paused, their number was refused, or their time was over.
 * Returns how many.
 */
export async function recallDials(core: Pick<Core, 'store' | 'clock' | 'live'>): Promise<number> {
  const now = core.clock.now();
  const ending = (await core.store.dialling.unanswered()).flatMap((dial) => {
    const reason = recallReason(dial, now);
    return reason === null ? [] : [{ callId: dial.callId, reason }];
  });
  await Promise.all(ending.map(({ callId, reason }) => recall(core, callId, reason)));
  return ending.length;
}

async function recall(core: Pick<Core, 'store' | 'clock' | 'live'>, callId: number, reason: string): Promise<void> {
  const command = { type: 'end', reason, by: 'system', unanswered: true } as const;
  if ((await core.live.send(callId, command)) !== 'not-running') return;
  const call = await core.store.calls.byId(callId);
  if (!call || isEnded(call.status) || call.status === 'answered') return;
  await finishCall(core, callId, null, { ...endingOf(call, reason), by: 'system' });
}
