import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import type { Secrets } from '../kernel/secrets.ts';
import type { Records } from '../records.ts';
import type { Person } from './person-store.ts';

export interface Erased {
  readonly calls: number;
  readonly recordings: number;
}

/** The hash that keeps the do-not-call entry of an erased person's number. */
export function suppressionHash(secrets: Pick<Secrets, 'keyedHash'>, organizationId: number, number: string): string {
  return secrets.keyedHash(`suppressed number\n${organizationId}\n${number}`);
}

/**
 * Erases a person, named by a number or a client's id: their data and the words, recordings and notes of their
 * conversations.
 * The calls themselves stay with their times, and so does a do-not-call entry, as a hash. @throws AppError not-found,
 * conflict while a call with them runs
 */
export function erasePerson(core: Core, ctx: Context, userId: string): Promise<Erased> {
  return erase(
    core,
    ctx,
    async (records) =>
      (await records.persons.byOutsideId(ctx.organizationId, userId)) ??
      (await records.persons.byNumber(ctx.organizationId, userId)),
    isPhoneNumber(userId) ? `phone_number: ${userId}` : `user_id: ${userId}`,
  );
}

/** The same, by our id. @throws AppError not-found, conflict while a call with them runs */
export function erasePersonById(core: Core, ctx: Context, id: number): Promise<Erased> {
  return erase(core, ctx, (records) => records.people.find(ctx.organizationId, id), `person_id: person_${id}`);
}

async function erase(
  core: Core,
  ctx: Context,
  which: (records: Records) => Promise<Pick<Person, 'id' | 'doNotCallAt'> | null>,
  subject: string,
): Promise<Erased> {
  return core.store.transaction(async (records) => {
    const find = () => which(records);
    // A change of the desk that has read an entry of this person would write their number back.
    await records.desk.lock(ctx.organizationId);
    const found = await find();
    // A call that is being placed keeps the person, so that none starts during the erasure.
    if (!found || !(await records.persons.lock(found.id))) throw notFound('Person', subject);
    // What the person is by now, such as one who asked meanwhile not to be called.
    const person = (await find())!;
    const numbers = await records.persons.numbersOf(person.id);
    // While their conversations still name the person.
    await records.callReviews.forgetPerson(person.id);
    await records.desk.forgetPerson(person.id, core.clock.now());
    const erased = await records.entries.erase(person.id, core.clock.now());
    if (erased === 'running')
      throw new AppError('conflict', 'A call with this person is running: end it first', { subject });
    if (erased.recordingKeys.length > 0)
      await records.outbox.job({ name: 'delete-recordings', data: { recordingKeys: erased.recordingKeys } });
    const hashes = numbers.map((one) => suppressionHash(core.secrets, ctx.organizationId, one));
    // A number that only one campaign must not call is suppressed for all: after the erasure the campaign is not known.
    let isListed = false;
    for (const number of numbers) isListed ||= (await records.doNotCall.of(ctx.organizationId, number)).length > 0;
    await records.consents.erase(person.id, hashes[0] ?? 'no number');
    await records.leads.erase(person.id, core.clock.now());
    await records.callBatches.erase(ctx.organizationId, numbers);
    await records.leadImports.forgetNumbers(ctx.organizationId, numbers);
    await records.persons.erase(person.id, {
      organizationId: ctx.organizationId,
      suppress: person.doNotCallAt === null && !isListed ? [] : hashes,
      at: core.clock.now(),
    });
    await records.outbox.audit(ctx, 'person.erase', `person_${person.id}`, {
      calls: erased.calls,
      recordings: erased.recordingKeys.length,
    });
    return { calls: erased.calls, recordings: erased.recordingKeys.length };
  });
}
