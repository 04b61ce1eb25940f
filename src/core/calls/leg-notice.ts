import type { Core } from '../core.ts';
import type { CarrierNotice } from '../kernel/carrier-notice.ts';
import { notFound } from '../kernel/errors.ts';
import { isEnded, type Call } from './call.ts';
import type { Leg } from './leg.ts';
import { MEDIA_TOKEN_MS } from './place-call.ts';
import type { NoticeSource } from './receive-call.ts';

/** The leg of a call, beside the person's, that a notice is about. */
export interface LegNotice {
  readonly call: Call;
  readonly leg: Leg;
}

/**
 * Processes a carrier's notice about the telephone of a human agent. Null if it is about no such leg. `legId`: the leg
 * that the webhook address names.
 * @throws AppError not-found (the leg is another organization's, or the address does not prove its call)
 */
export async function takeLegNotice(
  core: Core,
  { by, provenCallId, carrier }: NoticeSource,
  legId: number | null,
  notice: CarrierNotice,
): Promise<LegNotice | null> {
  const { legs, calls } = core.store;
  const leg = await (legId === null ? legs.atCarrier(carrier, notice.carrierCallId) : legs.byId(legId));
  const call = leg && (await calls.byId(leg.callId));
  if (!leg || !call || leg.kind === 'person' || leg.carrier !== carrier) {
    if (legId === null) return null;
    throw notFound('Call', `call_id: ${notice.carrierCallId}`);
  }
  const isProven = provenCallId === call.id || (legId === null && by?.organizationId === call.organizationId);
  if ((by !== null && !isProven) || (legId !== null && notice.callId !== call.id))
    throw notFound('Call', `call_id: ${notice.carrierCallId}`);
  const { signal, carrierCallId } = notice;
  // The carrier's own recording is of the person's leg.
  if (signal && signal.type !== 'recording' && !isEnded(call.status))
    await core.live.send(call.id, { type: 'leg', legId: leg.id, signal, carrierLegId: carrierCallId });
  return { call, leg: (await legs.byId(leg.id))! };
}

/** Creates the token for the media socket of a human agent's telephone. */
export async function mintLegToken(
  core: Pick<Core, 'store' | 'secrets' | 'clock'>,
  callId: number,
  leg: { readonly id: number; readonly userId: number },
): Promise<string> {
  const token = core.secrets.token();
  const expiresAt = new Date(core.clock.now().getTime() + MEDIA_TOKEN_MS);
  await core.store.mediaTokens.addParty(core.secrets.hash(token), callId, expiresAt, {
    role: 'human-agent',
    userId: leg.userId,
    part: 'talk',
    legId: leg.id,
  });
  return token;
}
