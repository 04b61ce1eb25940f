import type { Offer } from '#core/desk/offer.ts';
import type { CallDeskOptions, Party } from './call-desk-options.ts';
import { briefingText, DESK_PHRASES } from './phrases.ts';

/** An agent who has picked up the telephone hears who waits, until they accept. */
export async function briefAtPhone(
  { call, core, clock, speak }: Pick<CallDeskOptions, 'call' | 'core' | 'clock' | 'speak'>,
  { entryId }: Pick<Offer, 'entryId'>,
  partyNow: () => Party | undefined,
): Promise<void> {
  const entry = await core.store.desk.entry(call.organizationId, entryId);
  const audio = entry && (await speak(`${briefingText(call, entry)} ${DESK_PHRASES.pressOne}`));
  const party = partyNow();
  if (audio && party && !party.proven) await party.briefing.play(clock, audio);
}
