import type { Call } from '../calls/call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { Lead } from './lead.ts';

type Reading = Pick<Core, 'store'>;

/** The last call of a campaign to each of its leads, by number. */
export const lastCallsTo = (
  { store }: Reading,
  campaignId: number,
  leads: readonly Lead[],
): Promise<ReadonlyMap<string, Call>> =>
  store.leads.lastCalls(
    campaignId,
    leads.map(({ number }) => number),
  );

/** @throws AppError not-found */
export async function leadIn({ store }: Reading, campaignId: number, number: string): Promise<Lead> {
  const lead = await store.leads.byNumber(campaignId, number);
  if (!lead) throw notFound('Lead', `phone_number: ${number}`);
  return lead;
}

/** The newest lead with a number, of all campaigns of the organization. */
export const newestLead = (
  { store }: Reading,
  { organizationId }: Pick<Context, 'organizationId'>,
  number: string,
): Promise<Lead | null> => store.leads.newest(organizationId, number);
