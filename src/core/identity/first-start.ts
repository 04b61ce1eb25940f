import { ensureDefaultAgent } from '../ai-agents/agents.ts';
import type { Core } from '../core.ts';
import { AppError } from '../kernel/errors.ts';
import type { Plan } from '../kernel/plan.ts';
import type { Records } from '../records.ts';
import type { Organization } from './organization.ts';
import { addUser, revokeAllOf } from './users.ts';

export interface Given {
  readonly apiKey: string;
  readonly encryptionFingerprint: string;
  /** Where the records lie, for an error. */
  readonly location: string;
  readonly plan: Plan;
  readonly admin: { readonly email: string; readonly password: string | null };
}

export interface FirstStart {
  readonly organization: Organization;
  /** The first user, if it was created just now; the password is shown once. */
  readonly madeAdmin: { readonly email: string; readonly password: string } | null;
}

/**
 * Creates the first organization and user once, and applies the configured key and password. @throws AppError conflict
 * if the database was set up with another encryption key
 */
export async function firstStart(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'catalog'>,
  given: Given,
): Promise<FirstStart> {
  const { secrets } = core;
  const made = given.admin.password ?? secrets.token().slice(0, 20);
  // Hashed before the transaction, to keep that short; it may turn out not to be needed.
  const passwordHash = await secrets.passwordTurn(() => secrets.hashPassword(made));
  return core.store.transaction(async (records) => {
    const known = await records.organizations.fingerprint(given.encryptionFingerprint);
    if (known !== given.encryptionFingerprint)
      throw new AppError(
        'conflict',
        `The database at ${given.location} was set up with another ENCRYPTION_KEY. Start with that key ` +
          '(ENCRYPTION_KEY, or the file encryption-key in DATA_DIR): stored secrets cannot be decrypted with this one. ' +
          'To start without any of its records, delete it.',
      );
    const organization =
      (await records.organizations.first()) ?? (await records.organizations.insert('Default organization'));
    await records.organizations.setPlan(organization.id, given.plan);
    await ensureDefaultAgent(records, core.catalog, organization.id, core.clock.now());
    const madeAdmin = await ensureAdmin(core, records, organization.id, given, passwordHash);
    const admin = await records.users.firstAdmin(organization.id);
    await records.credentials.setConfiguredKey(organization.id, secrets.hash(given.apiKey), admin?.id ?? null);
    return { organization, madeAdmin: madeAdmin ? { email: given.admin.email, password: made } : null };
  });
}

/**
 * Creates the first user, and sets a newly configured password. Returns whether it created a user with a generated
 * password.
 */
async function ensureAdmin(
  core: Pick<Core, 'secrets' | 'clock'>,
  records: Records,
  organizationId: number,
  given: Given,
  passwordHash: string,
): Promise<boolean> {
  const { admin } = given;
  const fingerprint = admin.password === null ? null : core.secrets.keyedHash(`admin password\n${admin.password}`);
  const now = core.clock.now();
  const first = await records.users.firstAdmin(organizationId);
  if (!first) {
    await addUser(records, organizationId, { email: admin.email, name: 'Admin', role: 'admin' }, passwordHash, now);
    await records.organizations.setAdminPasswordFingerprint(fingerprint);
    return admin.password === null;
  }
  if (fingerprint !== null && (await records.organizations.adminPasswordFingerprint()) !== fingerprint) {
    await records.users.update(organizationId, first.id, { passwordHash }, now);
    await revokeAllOf(records, first.id, now);
    await records.organizations.setAdminPasswordFingerprint(fingerprint);
  }
  return false;
}
