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
  /** The carrier's id, where the end is the first to know it. */
  readonly carrierCallId?: string;
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
    ...(outcome.carrierCallId === undefined ? {} : { carrierCallId: outcome.carrierCallId }),
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

/** What a carrier says of a dial whose server died before it stored the carrier's answer. */
export type FoundDial = { readonly carrierCallId: string } | 'none' | 'unknown';

/** Asks carriers about such dials. A call that is asked about keeps running until the answer is there. */
export interface DialInquiry {
  /** Calls that are being asked about. */
  readonly open: readonly number[];
  canAsk(carrier: string): boolean;
  begin(call: Call, sentAt: Date): void;
}

const DIED = { status: 'broken', reason: 'server_died', failure: 'The server that ran the call stopped' } as const;

/**
 * Ends calls whose server died, and returns them. `by`: this server, or null if it is the only one. A dial with an
 * unknown outcome is left to the inquiry, where its carrier can be asked.
 */
export async function reapAbandoned(
  core: Pick<Core, 'store' | 'clock'>,
  by: CallOwner | null,
  inquiry: DialInquiry | null = null,
): Promise<readonly Call[]> {
  const doubtful: { readonly call: Call; readonly sentAt: Date }[] = [];
  const reaped = await core.store.transaction(async (records) => {
    const now = core.clock.now();
    const calls = await records.calls.abandoned(by, REAP_BATCH, inquiry?.open ?? []);
    const ended: Call[] = [];
    for (const call of calls) {
      const sentAt = inquiry !== null && isUnstored(call) ? await records.dialling.sentAt(call.id) : null;
      if (sentAt !== null && inquiry!.canAsk(call.carrier)) doubtful.push({ call, sentAt });
      else if (await endIn(records, now, call.id, null, DIED)) ended.push(call);
    }
    await records.metrics.settle(ended.map((call) => call.id));
    return ended;
  });
  for (const { call, sentAt } of doubtful) inquiry!.begin(call, sentAt);
  return reaped;
}

const isUnstored = ({ direction, carrierCallId }: Call): boolean => direction === 'outbound' && carrierCallId === null;

/** Ends a call whose server died with what the carrier says of its dial. False if it has ended already. */
export function endInquired(core: Pick<Core, 'store' | 'clock'>, callId: number, found: FoundDial): Promise<boolean> {
  return core.store.transaction(async (records) => {
    if (found === 'none') await records.carriers.giveBack(callId);
    const named = typeof found === 'object' ? found : {};
    return finishIn(records, core.clock.now(), callId, null, { ...DIED, ...named });
  });
}
