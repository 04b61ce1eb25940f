import { rescreenPerson } from '../campaigns/screen-lead.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { invalid, notFound } from '../kernel/errors.ts';
import type { Consent, NewConsent } from './consent.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** Records that a person agreed to be called, or did not. @throws AppError not-found, invalid-input */
export async function recordConsent(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Acting,
  consent: NewConsent,
): Promise<Consent> {
  if (consent.source.trim() === '') throw invalid('source', 'must say where the consent was given', 'missing');
  if (consent.at > core.clock.now()) throw invalid('at', 'must not be in the future', 'range');
  return core.store.transaction(async (records) => {
    if (!(await records.persons.whereabouts(ctx.organizationId, consent.personId)))
      throw notFound('Person', `person_id: ${consent.personId}`);
    const recorded = await records.consents.insert(ctx.organizationId, consent);
    await rescreenPerson(records, ctx.organizationId, consent.personId, core.clock.now());
    await records.outbox.audit(ctx, 'consent.record', `person_${consent.personId}`, {
      consent: recorded.id,
      given: consent.given,
    });
    return recorded;
  });
}

/** Revokes all consent of a person. Repeating it changes nothing. `how`: what the person said or did. */
export async function revokeConsent(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Acting,
  personId: number,
  how: string,
): Promise<number> {
  return core.store.transaction(async (records) => {
    const at = core.clock.now();
    const revoked = await records.consents.revoke(ctx.organizationId, personId, how, at);
    if (revoked > 0) await rescreenPerson(records, ctx.organizationId, personId, at);
    if (revoked > 0) await records.outbox.audit(ctx, 'consent.revoke', `person_${personId}`, { how });
    return revoked;
  });
}
