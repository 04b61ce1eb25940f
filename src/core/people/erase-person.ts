import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import type { Secrets } from '../kernel/secrets.ts';

export interface Erased {
  readonly calls: number;
  readonly recordings: number;
}

/** What is left of the number of somebody who was erased, and never wants to be called. */
export function suppressionHash(secrets: Pick<Secrets, 'keyedHash'>, organizationId: number, number: string): string {
  return secrets.keyedHash(`suppressed number\n${organizationId}\n${number}`);
}

/**
 * Erases what is known of a person, by a number or as clients name them: who they are, what was said, recorded and noted on their calls. That
 * there were calls, and when, stays; so does a refusal to be called, as a hash. @throws AppError not-found, conflict while a
 * call with them runs
 */
export async function erasePerson(core: Core, ctx: Context, userId: string): Promise<Erased> {
  const subject = isPhoneNumber(userId) ? `phone_number: ${userId}` : `user_id: ${userId}`;
  return core.store.transaction(async (records) => {
    // Whoever places a call to a number waits, or is waited for.
    await records.organizations.lock(ctx.organizationId);
    const person =
      (await records.persons.byOutsideId(ctx.organizationId, userId)) ??
      (await records.persons.byNumber(ctx.organizationId, userId));
    if (!person) throw notFound('Person', subject);
    const numbers = await records.persons.numbersOf(person.id);
    const erased = await records.calls.erasePerson(person.id, core.clock.now());
    if (erased === 'running')
      throw new AppError('conflict', 'A call with this person is running: end it first', { subject });
    if (erased.recordingKeys.length > 0)
      await records.outbox.job({ name: 'delete-recordings', data: { recordingKeys: erased.recordingKeys } });
    await records.conversations.forgetPerson(person.id, core.clock.now());
    await records.persons.erase(person.id, {
      organizationId: ctx.organizationId,
      suppress:
        person.doNotCallAt === null ? [] : numbers.map((one) => suppressionHash(core.secrets, ctx.organizationId, one)),
      at: core.clock.now(),
    });
    await records.outbox.audit(ctx, 'person.erase', `person_${person.id}`, {
      calls: erased.calls,
      recordings: erased.recordingKeys.length,
    });
    return { calls: erased.calls, recordings: erased.recordingKeys.length };
  });
}
