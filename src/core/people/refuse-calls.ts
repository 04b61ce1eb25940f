import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
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
  await core.store.transaction(async (records) => {
    const person = await records.persons.withNumber(
      ctx.organizationId,
      number,
      suppressionHash(core.secrets, ctx.organizationId, number),
    );
    const at = core.clock.now();
    await records.persons.refuseCalls(person.id, at);
    const source = ctx.actor.kind === 'system' ? 'spoken' : 'api';
    await records.doNotCall.add(ctx.organizationId, [number], { campaignId: null, source, at });
    // The person refuses, so all their numbers do.
    await records.leads.refuse(ctx.organizationId, await records.persons.numbersOf(person.id), null, at);
    await records.consents.revoke(ctx.organizationId, person.id, `do-not-call: ${subject}`, at);
    await records.outbox.audit(ctx, 'person.do-not-call', subject);
  });
}
