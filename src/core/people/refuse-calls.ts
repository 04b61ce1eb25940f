import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { suppressionHash } from './erase-person.ts';

/**
 * Puts the owner of a number on the organization's do-not-call list. Repeating it changes nothing. `subject` names the
 * origin.
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
    await records.persons.refuseCalls(person.id, core.clock.now());
    await records.outbox.audit(ctx, 'person.do-not-call', subject);
  });
}
