import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { Records } from '../records.ts';
import type { DoNotCallSource } from './do-not-call-store.ts';
import { suppressionHash } from './erase-person.ts';

/**
 * Puts a number and its owner on the organization's do-not-call list, and revokes the owner's consent. Repeating it
 * changes nothing. `subject` names the origin.
 */
export async function refuseCalls(
  core: Pick<Core, 'store' | 'clock' | 'secrets'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  number: PhoneNumber,
  subject: string,
): Promise<void> {
  const source = ctx.actor.kind === 'system' ? 'spoken' : 'api';
  await core.store.transaction((records) => refuseCallsIn(core, records, ctx, number, { subject, source }));
}

/** The same, within a transaction. */
export async function refuseCallsIn(
  core: Pick<Core, 'clock' | 'secrets'>,
  records: Records,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  number: PhoneNumber,
  { subject, source }: { readonly subject: string; readonly source: DoNotCallSource },
): Promise<void> {
  const person = await records.persons.withNumber(
    ctx.organizationId,
    number,
    suppressionHash(core.secrets, ctx.organizationId, number),
  );
  const at = core.clock.now();
  await records.persons.refuseCalls(person.id, at);
  await records.doNotCall.add(ctx.organizationId, [number], { campaignId: null, source, at });
  // The person refuses, so all their numbers do.
  await records.leads.refuse(ctx.organizationId, await records.persons.numbersOf(person.id), null, at);
  await records.consents.revoke(ctx.organizationId, person.id, `do-not-call: ${subject}`, at);
  await records.outbox.audit(ctx, 'person.do-not-call', subject);
}
