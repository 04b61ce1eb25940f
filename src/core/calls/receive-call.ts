import type { Core } from '../core.ts';
import type { OwnNumber } from '../carriers/carrier-store.ts';
import { routeCall } from '../routing/route-call.ts';
import { callPartyOf } from '../people/person-of.ts';
import { notFound } from '../kernel/errors.ts';
import type { CarrierNotice, CarrierSignal } from '../kernel/carrier-notice.ts';
import { numberOf } from '../people/withheld-number.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import type { Records } from '../records.ts';
import { isCallSid, type Call } from './call.ts';
import { finishCall, refusalBy, type CallOutcome } from './finish-call.ts';
import { DEFAULT_RING_TIMEOUT_MS, MEDIA_TOKEN_MS } from './place-call.ts';

/** The origin of a notice. */
export interface NoticeSource {
  /** The API key that sent it; null: signed by the carrier itself, or sent from this machine. */
  readonly by: NoticeBringer | null;
  /** The call of the webhook address, if the address carries a valid proof. */
  readonly provenCallId: number | null;
  readonly carrier: string;
  /** Whether the carrier is configured; otherwise the sender is a user who may place calls. */
  readonly configured: boolean;
  /** The carrier's id of a call is shown as the call's id. */
  readonly namesCalls: boolean;
  /** Counts a call that a key announces against its organization's limit. @throws AppError rate-limited */
  readonly countAnnounced: (organizationId: number) => Promise<void>;
}

export interface NoticeBringer {
  readonly organizationId: number;
  /** It acts for the carriers that all organizations share: calls go to the owner of the dialled number. */
  readonly forCarriers: boolean;
}

const SYSTEM = { kind: 'system', name: 'carrier' } as const;
const INBOUND_WAIT_MS = DEFAULT_RING_TIMEOUT_MS;

/**
 * Processes a carrier's notice about an existing or a new inbound call. Repeated, late and reordered notices are
 * harmless.
 * Null if it concerns none of our calls.
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
 * Finds the call by the carrier's ids, then by ours; never a call of another carrier. An API key finds only calls that
 * its organization owns or announced, and the call of the webhook address. Any other id of ours gives `not-theirs`,
 * whether or not such a call exists; a key that may announce calls for all carriers gets it only where it exists.
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
  return ours || (number !== undefined && !by.forCarriers) ? 'not-theirs' : null;
}

async function signal(core: Core, call: Call, said: CarrierSignal, carrierCallId: string): Promise<void> {
  // A recording usually comes after the end of the call.
  if (said.type === 'recording') return core.store.calls.keepCarrierRecording(call.id, said.url);
  if ((await core.live.tell(call, said, carrierCallId)) === 'done' || said.type !== 'ended') return;
  // No server runs the call any more, so its end is stored here.
  await finishCall(core, call.id, null, endOf(said, call.answeredAt !== null));
}

/** The outcome of a call that its carrier reports as ended. */
export function endOf({ outcome, reason }: Extract<CarrierSignal, { type: 'ended' }>, answered: boolean): CallOutcome {
  // `completed` implies that the call was answered, even if that notice has not arrived.
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

/**
 * Stores an inbound call and waits for its media. It is never refused; if the server is full, the caller hears an
 * apology.
 */
async function receiveCall(core: Core, source: NoticeSource, notice: CarrierNotice): Promise<Call | null> {
  const from = notice.from !== null && isPhoneNumber(notice.from) ? numberOf(notice.from) : null;
  const person = !source.configured && from !== null && core.embedded.isPerson(from);
  const { reservation } = core.live.mustReserve();
  try {
    const call = await core.store.transaction(async (records) => {
      const sid = source.namesCalls && isCallSid(notice.carrierCallId) ? notice.carrierCallId : core.secrets.callSid();
      const now = core.clock.now();
      const { organizationId, agentId, greeting, variables, origin } = await routeCall(records, {
        ...(await calledAt(records, notice.to, source.by)),
        to: notice.to,
        sid,
        at: now,
      });
      const { numberOwner, userId } = await callPartyOf(records, core.secrets, organizationId, from, undefined);
      const call = await records.calls.insertAnnounced({
        sid,
        organizationId,
        agentId,
        personId: numberOwner?.id ?? null,
        callParty: { personId: numberOwner?.id ?? null, userId: userId ?? numberOf(notice.from) },
        direction: 'inbound',
        carrier: person ? core.embedded.id : source.carrier,
        carrierCallId: notice.carrierCallId,
        announcedBy: source.by?.organizationId ?? null,
        from: notice.from,
        to: notice.to,
        // An unknown carrier sends no notice of the answer.
        answeredAt: source.configured ? null : now,
        variables,
        overrides: greeting === null ? {} : { firstMessage: greeting },
        recorded: !source.configured,
        transcribed: true,
        placedAt: now,
        ringTimeoutMs: INBOUND_WAIT_MS,
        userId: null,
        owner: reservation.serverId,
        leaseMs: core.limits.leaseMs,
      });
      if (!call) return null;
      if (origin) await records.callOrigins.insert(call.id, origin);
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
      // A concurrent announcement has created the call.
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
 * Whose number was called: of the organization that owns it, else of the first. An API key reaches only its own
 * organization, unless it acts for the shared carriers.
 */
/** Whose number it is: the organization that a call or message to it belongs to. */
export async function calledAt(
  records: Records,
  to: string | null,
  by: NoticeBringer | null,
): Promise<{ readonly organizationId: number; readonly number: OwnNumber | null }> {
  const dialled = to === null ? null : await records.numbers.find(to);
  const number = by && !by.forCarriers && dialled?.organizationId !== by.organizationId ? null : dialled;
  const organizationId = number?.organizationId ?? by?.organizationId ?? (await records.organizations.first())!.id;
  return { organizationId, number };
}

/** Creates the token for the media socket of a call; `singleUse`: it cannot be used a second time. */
export async function mintMediaToken(
  core: Pick<Core, 'store' | 'secrets' | 'clock'>,
  call: Pick<Call, 'id'>,
  singleUse: boolean,
): Promise<string> {
  const token = core.secrets.token();
  await core.store.mediaTokens.add(
    core.secrets.hash(token),
    call.id,
    new Date(core.clock.now().getTime() + MEDIA_TOKEN_MS),
    singleUse,
  );
  return token;
}
