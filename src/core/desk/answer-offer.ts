import type { Core } from '../core.ts';
import type { RoomAccess } from '../carriers/carrier-directory.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { MEDIA_TOKEN_MS } from '../calls/place-call.ts';
import type { Call } from '../calls/call.ts';
import type { Records } from '../records.ts';
import type { MediaParty } from '../calls/media-token-store.ts';
import { changeDesk } from './change-desk.ts';
import type { Offer } from './offer.ts';
import { roomOfParty } from './party-room.ts';
import { mayActFor, ownOffer } from './own-offer.ts';

/** The address of a media socket for one party of a call is made from its token. */
export interface MediaAccess {
  readonly call: Call;
  readonly token: string;
  readonly expiresAt: Date;
  readonly party: MediaParty;
}

/** The same audio in a room, where the call is one; null where the media socket is the only way. */
export type PartyAccess = MediaAccess & { readonly room: RoomAccess | null };

/**
 * The agent takes the call: their audio goes over the media socket that the token opens. For the agent of the call, and
 * for an accepted offer, it makes another token. @throws AppError not-found, conflict (the offer is over)
 */
export async function acceptOffer(core: Core, ctx: Context, offerId: number): Promise<PartyAccess> {
  let access: MediaAccess | null = null;
  const past = await knownOffer(core, ctx, offerId);
  await changeDesk(
    core,
    ctx.organizationId,
    (desk) => {
      const connected = desk.entries.find(
        (one) => one.id === past.entryId && one.state === 'connected' && one.agentId === past.agentId,
      );
      if (connected && mayActFor(ctx, past.agentId)) return null;
      const offer = ownOffer(desk, past, ctx, offerId);
      if (offer.via === 'phone')
        throw new AppError('conflict', 'The agent is called by telephone and accepts there by pressing 1', {
          subject: `offer_id: ${offerId}`,
        });
      return { type: 'accept', offerId };
    },
    async (records) => {
      access = await mediaAccess(core, records, past.callId, {
        role: 'human-agent',
        userId: past.agentId,
        part: 'talk',
      });
      await records.outbox.audit(ctx, 'offer.accept', `offer_${offerId}`, { agent: `user_${past.agentId}` });
    },
  );
  return { ...access!, room: await roomOfParty(core, access!) };
}

/** The next agent is offered the call. @throws AppError not-found, conflict (the offer is over) */
export async function declineOffer(core: Core, ctx: Context, offerId: number): Promise<void> {
  const past = await knownOffer(core, ctx, offerId);
  await changeDesk(
    core,
    ctx.organizationId,
    (desk) => ({ type: 'decline', offerId: ownOffer(desk, past, ctx, offerId).id }),
    (records) => records.outbox.audit(ctx, 'offer.decline', `offer_${offerId}`, { agent: `user_${past.agentId}` }),
  );
}

async function knownOffer(core: Core, ctx: Context, offerId: number): Promise<Offer> {
  const offer = await core.store.desk.offer(ctx.organizationId, offerId);
  if (!offer) throw notFound('Offer', `offer_id: ${offerId}`);
  return offer;
}

/** Makes a media token for a party of a running call. */
export async function mediaAccess(
  core: Pick<Core, 'secrets' | 'clock'>,
  records: Records,
  callId: number,
  party: MediaParty,
): Promise<MediaAccess> {
  const token = core.secrets.token();
  const expiresAt = new Date(core.clock.now().getTime() + MEDIA_TOKEN_MS);
  await records.mediaTokens.addParty(core.secrets.hash(token), callId, expiresAt, party);
  return { call: (await records.calls.byId(callId))!, token, expiresAt, party };
}
