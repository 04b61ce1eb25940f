import type { Core } from '../core.ts';
import { otherEnd } from '../people/person-of.ts';
import { notFound } from '../kernel/errors.ts';
import type { CarrierNotice, CarrierSignal } from '../kernel/carrier-notice.ts';
import { numberOf } from '../people/nobody.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import type { Records } from '../records.ts';
import { isCallSid, type Call } from './call.ts';
import { finishCall, refusalBy, type CallOutcome } from './finish-call.ts';
import { DEFAULT_RING_TIMEOUT_MS, MEDIA_TOKEN_MS } from './place-call.ts';

/** Where a notice comes from. */
export interface NoticeSource {
  /** Whose API key brought it; null: the carrier itself, by its signature, or somebody on this machine. */
  readonly by: NoticeBringer | null;
  /** The call whose webhook address it came to, where the address proves that we made it. */
  readonly provenCallId: number | null;
  readonly carrier: string;
  /** Whether it has its credentials: then it is a carrier that says so, else somebody who may place calls. */
  readonly configured: boolean;
  /** Its id of a call is the call's id for the outside. */
  readonly namesCalls: boolean;
  /** Counts a call that a key announces against its organization's limit. @throws AppError rate-limited */
  readonly countAnnounced: (organizationId: number) => Promise<void>;
}

export interface NoticeBringer {
  readonly organizationId: number;
  /** It speaks for the carriers that all organizations share: calls go to whoever owns the dialled number. */
  readonly forCarriers: boolean;
}

const SYSTEM = { kind: 'system', name: 'carrier' } as const;
const INBOUND_WAIT_MS = DEFAULT_RING_TIMEOUT_MS;

/**
 * Takes what a carrier says: about a call that there is, or of one that comes in. Saying it twice, late or in another order
 * changes nothing. Null when it concerns no call of ours.
 */
export async function takeNotice(core: Core, source: NoticeSource, notice: CarrierNotice): Promise<Call | null> {
  const known = await callOf(core, source, notice);
  if (known === 'not-theirs') throw notFound('Call', `call_id: ${notice.carrierCallId}`);
  if (!known) {
    if (!announces(notice)) return null;
    if (source.by) await source.countAnnounced(source.by.organizationId);
    return receiveCall(core, source, notice);
  }
  if (notice.signal) await signal(core, known, notice.signal, notice.carrierCallId);
  return core.store.calls.byId(known.id);
}

const announces = ({ direction, signal: said, asks }: CarrierNotice): boolean =>
  direction !== 'outbound' && (said === null ? asks : said.type === 'ringing' || said.type === 'answered');

/**
 * The carrier's own ids first, then ours; never a call that another carrier has. By API key only calls of its organization,
 * those that it announced, and the one whose address it was sent to are found: an id of ours that means no such call is
 * `not-theirs`, whether or not there is one.
 */
async function callOf(
  core: Core,
  { carrier, configured, by, provenCallId }: NoticeSource,
  { carrierCallId, callId }: CarrierNotice,
): Promise<Call | 'not-theirs' | null> {
  const { calls } = core.store;
  const carriers = configured ? [carrier] : [carrier, core.embedded.id];
  const proven = provenCallId === null ? null : await calls.byId(provenCallId);
  if (proven && carriers.includes(proven.carrier)) return proven;
  for (const one of carriers) {
    const found = await calls.atCarrier(one, carrierCallId, by?.organizationId ?? null);
    if (found) return found;
  }
  const number = callId ?? /^call_(\d{1,15})$/.exec(carrierCallId)?.[1];
  const ours = (number === undefined ? null : await calls.byId(Number(number))) ?? (await calls.bySid(carrierCallId));
  const found = ours && carriers.includes(ours.carrier) ? ours : null;
  if (by === null || found?.organizationId === by.organizationId) return found;
  return ours || number !== undefined ? 'not-theirs' : null;
}

async function signal(core: Core, call: Call, said: CarrierSignal, carrierCallId: string): Promise<void> {
  // It comes when the call is over, as a rule.
  if (said.type === 'recording') return core.store.calls.keepCarrierRecording(call.id, said.url);
  if ((await core.live.tell(call, said, carrierCallId)) === 'done' || said.type !== 'ended') return;
  // Nobody runs it any more: its record comes to an end all the same.
  await finishCall(core, call.id, null, endOf(said, call.answeredAt !== null));
}

/** How a call ends of which its carrier says that it is over. */
export function endOf({ outcome, reason }: Extract<CarrierSignal, { type: 'ended' }>, answered: boolean): CallOutcome {
  // Said of calls that were answered, although we may not have been told of that yet.
  if (outcome === 'completed') return { status: 'completed', reason: 'caller_hung_up', failure: null };
  const why = outcome.replace('-', '_');
  if (answered) return { status: 'broken', reason: why, failure: reason ?? `The carrier ended the call: ${outcome}` };
  switch (outcome) {
    case 'busy':
      return { status: 'busy', reason: why, failure: 'The line was busy' };
    case 'no-answer':
      return { status: 'no-answer', reason: why, failure: 'No answer' };
    case 'canceled':
      return { status: 'canceled', reason: why, failure: 'The call was canceled' };
    case 'failed':
      return {
        status: 'refused',
        reason: refusalBy(reason),
        failure: `The carrier refused the call: ${reason ?? 'failed'}`,
      };
  }
}

/** A call that comes in: on record, and waited for. It is never refused; where there is no room, whoever calls is told so. */
async function receiveCall(core: Core, source: NoticeSource, notice: CarrierNotice): Promise<Call | null> {
  const from = notice.from !== null && isPhoneNumber(notice.from) ? numberOf(notice.from) : null;
  const person = !source.configured && from !== null && core.embedded.isPerson(from);
  const { reservation } = core.live.mustReserve();
  try {
    const call = await core.store.transaction(async (records) => {
      const { organizationId, agentId } = await routed(records, notice.to, source.by);
      await records.organizations.lock(organizationId);
      const { owner, userId } = await otherEnd(records, core.secrets, organizationId, from, undefined);
      const now = core.clock.now();
      const call = await records.calls.insertAnnounced({
        sid: source.namesCalls && isCallSid(notice.carrierCallId) ? notice.carrierCallId : core.secrets.callSid(),
        organizationId,
        agentId,
        personId: owner?.id ?? null,
        talker: { personId: owner?.id ?? null, userId: userId ?? numberOf(notice.from) },
        direction: 'inbound',
        carrier: person ? core.embedded.id : source.carrier,
        carrierCallId: notice.carrierCallId,
        announcedBy: source.by?.organizationId ?? null,
        from: notice.from,
        to: notice.to,
        // Nobody announces that they pick up where the carrier is none that we know.
        answeredAt: source.configured ? null : now,
        variables: {},
        overrides: {},
        recorded: !source.configured,
        transcribed: true,
        placedAt: now,
        ringTimeoutMs: INBOUND_WAIT_MS,
        userId: null,
        owner: reservation.serverId,
        leaseMs: core.limits.leaseMs,
      });
      if (!call) return null;
      await records.outbox.audit({ organizationId, actor: SYSTEM }, 'call.receive', call.sid);
      await records.outbox.event(organizationId, {
        type: 'call.started',
        callId: call.id,
        data: { number: call.from },
      });
      await records.outbox.event(organizationId, {
        type: call.answeredAt === null ? 'call.ringing' : 'call.answered',
        callId: call.id,
        data: {},
      });
      return call;
    });
    if (!call) {
      reservation.give();
      // Announced twice at once: the other one made it.
      const made = await callOf(core, source, notice);
      return made === 'not-theirs' ? null : made;
    }
    core.live.expect(call, reservation);
    return call;
  } catch (error) {
    reservation.give();
    throw error;
  }
}

/**
 * Who answers a number: the agent that is set for it, or the default one of the organization that owns it, or of the first.
 * A call that an API key announces reaches agents of the key's organization only, unless it speaks for the carriers.
 */
async function routed(
  records: Records,
  to: string | null,
  by: NoticeBringer | null,
): Promise<{ organizationId: number; agentId: number }> {
  const dialled = to === null ? null : await records.numbers.find(to);
  const number = by && !by.forCarriers && dialled?.organizationId !== by.organizationId ? null : dialled;
  const organizationId = number?.organizationId ?? by?.organizationId ?? (await records.organizations.first())!.id;
  const set = number?.agentId ? await records.agents.find(organizationId, number.agentId) : null;
  const agent = set?.isActive && set.type === 'conversation' ? set : await records.agents.default(organizationId);
  if (!agent) throw new Error(`organization ${organizationId} has no default agent`);
  return { organizationId, agentId: agent.id };
}

/** The token that opens the media socket of a call, for its carrier; `strict`: once, whatever happens. */
export async function mintMediaToken(
  core: Pick<Core, 'store' | 'secrets' | 'clock'>,
  call: Pick<Call, 'id'>,
  strict: boolean,
): Promise<string> {
  const token = core.secrets.token();
  await core.store.mediaTokens.add(
    core.secrets.hash(token),
    call.id,
    new Date(core.clock.now().getTime() + MEDIA_TOKEN_MS),
    strict,
  );
  return token;
}
