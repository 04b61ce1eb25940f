import type { Core } from '../core.ts';
import { settleDial } from '../campaigns/settle-attempt.ts';
import type { Records } from '../records.ts';
import type { CallOwner, Ownership } from './call-store.ts';
import { dispositionOf, HUNG_UP_MS, isFailure, type Call, type EndedBy, type EndStatus } from './call.ts';
import { endedBy } from './ended-by.ts';

export interface CallOutcome {
  readonly status: EndStatus;
  readonly reason: string;
  /** The failure as a sentence for people; null for other ends. */
  readonly failure: string | null;
  /** Who ended it, where the reason does not tell. */
  readonly by?: EndedBy;
  /** From answer to end by the call's own clock. */
  readonly talkMs?: number;
}

const INVALID_NUMBER =
  /\b(?:invalid|unallocated|unassigned|nonexistent|non-existent|unknown|bad|not a valid|not valid|does not exist)\b.{0,30}\b(?:number|destination)|\b(?:number|destination)\b.{0,40}\b(?:invalid|not (?:a )?valid|unallocated|unassigned|not in service|not exist)\b/i;

/** The end reason of a call that its carrier refused, derived from the carrier's message. */
export function refusalBy(words: string | null): 'invalid_number' | 'carrier_refused' {
  return words !== null && INVALID_NUMBER.test(words) ? 'invalid_number' : 'carrier_refused';
}

/** The outcome of a call that a user, an agent or a job ends. */
export function endingOf(call: Pick<Call, 'status'>, reason: string): CallOutcome {
  return call.status === 'answered'
    ? { status: 'completed', reason, failure: null, by: 'human' }
    : { status: 'canceled', reason, failure: 'The call was canceled', by: 'human' };
}

/** Stores the end of a call with its events and jobs. False if it has ended already or has another owner. */
export function finishCall(
  core: Pick<Core, 'store' | 'clock'>,
  callId: number,
  by: Ownership | null,
  outcome: CallOutcome,
): Promise<boolean> {
  return core.store.transaction((records) => finishIn(records, core.clock.now(), callId, by, outcome));
}

/** The same, within a transaction, of which it must be the last change. */
async function finishIn(
  records: Records,
  now: Date,
  callId: number,
  by: Ownership | null,
  outcome: CallOutcome,
): Promise<boolean> {
  if (!(await endIn(records, now, callId, by, outcome))) return false;
  await records.metrics.settle([callId]);
  return true;
}

const isHungUp = (outcome: CallOutcome): boolean =>
  outcome.status === 'completed' && endedBy(outcome) === 'caller' && (outcome.talkMs ?? Infinity) < HUNG_UP_MS;

/** Stores the end without the facts, which must be settled at the end of the transaction. */
export async function endIn(
  records: Records,
  now: Date,
  callId: number,
  by: Ownership | null,
  outcome: CallOutcome,
): Promise<boolean> {
  const ended = await records.calls.end(callId, by, {
    status: outcome.status,
    endReason: outcome.reason,
    failureReason: outcome.failure,
    endedBy: endedBy(outcome),
    hungUp: isHungUp(outcome),
    endedAt: now,
  });
  if (!ended) return false;
  const call = (await records.calls.byId(callId))!;
  // The owner does not write this end, so the outcome of its running tools is unknown.
  if (by === null)
    for (const { key, name } of await records.tools.lose(call.conversationId))
      await records.outbox.event(call.organizationId, {
        type: 'tool.executed',
        callId,
        data: { key, name, status: 'unknown' },
      });
  await settleDial(records, call, outcome.talkMs ?? null, now);
  const data = { status: call.status, reason: outcome.failure ?? outcome.reason };
  await records.outbox.event(
    call.organizationId,
    isFailure(outcome.status)
      ? { type: 'call.failed', callId, data }
      : { type: 'call.ended', callId, data: { ...data, disposition: dispositionOf(call) } },
  );
  if (call.answeredAt !== null && call.transcribed) {
    // A call on which nothing was said has no transcript.
    if ((await records.entries.of(call.conversationId, 1)).length > 0)
      await records.outbox.event(call.organizationId, { type: 'transcript.ready', callId, data: {} });
    await records.outbox.job({ name: 'learn', data: { callId } });
  }
  if (call.recordingKey !== null) await records.outbox.job({ name: 'render-recording', data: { callId } });
  return true;
}

const REAP_BATCH = 50;

/** Ends calls whose server died, and returns them. `by`: this server, or null if it is the only one. */
export function reapAbandoned(core: Pick<Core, 'store' | 'clock'>, by: CallOwner | null): Promise<readonly Call[]> {
  return core.store.transaction(async (records) => {
    const now = core.clock.now();
    const calls = await records.calls.abandoned(by, REAP_BATCH);
    const reaped: Call[] = [];
    for (const call of calls) {
      const done = await endIn(records, now, call.id, null, {
        status: 'broken',
        reason: 'server_died',
        failure: 'The server that ran the call stopped',
      });
      if (done) reaped.push(call);
    }
    await records.metrics.settle(reaped.map((call) => call.id));
    return reaped;
  });
}
