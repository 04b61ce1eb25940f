import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { suppressionHash } from './erase-person.ts';

/** Whoever has this number is never called again by the organization, from now on, by whatever verb; saying it again changes nothing. `subject` is where it was said. */
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
