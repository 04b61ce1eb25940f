import type { Offer } from './desk-query.ts';

const KEY = 'trunkline-accepted-offer';

/** Which offer brought the current call: accepting it again gives a page that was reloaded its line back. */
export function rememberOffer({ offer_id: offer, session_id: session }: Pick<Offer, 'offer_id' | 'session_id'>): void {
  localStorage.setItem(KEY, JSON.stringify({ offer, session }));
}

export function offerOf(session: number): number | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { offer: number; session: number } | null;
    return kept?.session === session ? kept.offer : null;
  } catch {
    return null;
  }
}
