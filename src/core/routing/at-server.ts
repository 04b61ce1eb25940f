import { isFirst } from '../identity/first-organization.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { SipServer } from '../kernel/sip-server.ts';

export type RoutingCore = Pick<Core, 'store' | 'clock' | 'secrets' | 'carriers'>;

/** Records of one kind that an organization may have. */
export const MOST = 200;

/** An id in the form that telephony systems give: a prefix and twelve characters. */
export const newId = (core: RoutingCore, prefix: string): string => `${prefix}_${core.secrets.callSid().slice(2, 14)}`;

/** The telephony server, which is the first organization's as carriers are; null: records only. */
export async function serverFor(core: RoutingCore, ctx: Context): Promise<SipServer | null> {
  return (await isFirst(core.store, ctx.organizationId)) ? core.carriers.sipServer() : null;
}

/**
 * The id of what a creation whose answer or record was lost has left on the server: it has the same content, and no
 * record. Repeating such a creation takes it over, so that nothing stands on the server twice.
 */
export function leftBehind<T extends { readonly id: string }>(
  atServer: readonly T[],
  records: readonly { readonly id: string }[],
  isSame: (one: T) => boolean,
): string | null {
  const recorded = new Set(records.map(({ id }) => id));
  return atServer.find((one) => !recorded.has(one.id) && isSame(one))?.id ?? null;
}

/**
 * Records together with what stands only on the server. A record whose counterpart was deleted on the server is left
 * out.
 */
export function together<R extends { readonly id: string; readonly atServer: boolean }, T extends { id: string }>(
  records: readonly R[],
  atServer: readonly T[] | null,
  shown: (one: T) => R,
): readonly R[] {
  if (atServer === null) return records;
  const there = new Set(atServer.map(({ id }) => id));
  const recorded = new Set(records.map(({ id }) => id));
  return [
    ...records.filter((one) => !one.atServer || there.has(one.id)),
    ...atServer.filter(({ id }) => !recorded.has(id)).map(shown),
  ];
}
