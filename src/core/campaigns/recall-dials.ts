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

type RecallCore = Pick<Core, 'store' | 'clock' | 'live'>;

/**
 * Ends dials that were not answered before their campaign was paused, their number was refused, or their time was over.
 * A server may be slow to end one: nothing waits for it. A dial that could not be ended stays unanswered on record, so
 * that a later look begins again.
 */
export class Recalls {
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #failed: (error: unknown, callId: number) => void;

  constructor(failed: (error: unknown, callId: number) => void) {
    this.#failed = failed;
  }

  /** How many dials are being ended. */
  get count(): number {
    return this.#underWay.size;
  }

  /** Begins to end the dials that are due, each once at a time. */
  async begin(core: RecallCore): Promise<void> {
    const now = core.clock.now();
    for (const dial of await core.store.dialling.unanswered()) {
      const reason = recallReason(dial, now);
      if (reason === null || this.#underWay.has(dial.callId)) continue;
      const { callId } = dial;
      const ending = recall(core, callId, reason)
        .catch((error: unknown) => this.#failed(error, callId))
        .finally(() => this.#underWay.delete(callId));
      this.#underWay.set(callId, ending);
    }
  }

  /** What was begun is ended, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }
}

async function recall(core: RecallCore, callId: number, reason: string): Promise<void> {
  const command = { type: 'end', reason, by: 'system', unanswered: true } as const;
  if ((await core.live.send(callId, command)) !== 'not-running') return;
  const call = await core.store.calls.byId(callId);
  if (!call || isEnded(call.status) || call.status === 'answered') return;
  await finishCall(core, callId, null, { ...endingOf(call, reason), by: 'system' });
}
