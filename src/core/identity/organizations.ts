import { ensureDefaultAgent } from '../ai-agents/agents.ts';
import { weekHoursProblems, type WeekHours } from '../dialling/week-hours.ts';
import type { Core } from '../core.ts';
import { changeLines } from '../desk/change-lines.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { timeZone } from '../kernel/locale.ts';
import type { HoldAudio, Organization, WhenModelFails } from './organization.ts';
import type { Records } from '../records.ts';
import { isFirst } from './first-organization.ts';
import { checkPassword } from './password-rules.ts';
import { addUser } from './users.ts';
import type { User } from './user.ts';

export interface CreateOrganization {
  readonly name: string;
  readonly adminEmail: string;
  readonly adminPassword: string;
}

/**
 * Creates an organization with its first admin. @throws AppError forbidden unless an admin of the first organization,
 * invalid-input, conflict
 */
export async function createOrganization(
  core: Core,
  ctx: Context,
  input: CreateOrganization,
): Promise<{ readonly organization: Organization; readonly admin: User }> {
  if (!(await isFirst(core.store, ctx.organizationId)))
    throw new AppError('forbidden', 'Only admins of the first organization can create organizations');
  checkPassword(input.adminPassword, input.adminEmail, 'admin_password');
  const passwordHash = await core.secrets.passwordTurn(() => core.secrets.hashPassword(input.adminPassword));
  return core.store.transaction(async (records) => {
    const organization = await records.organizations.insert(input.name);
    const admin = await addUser(
      records,
      organization.id,
      { email: input.adminEmail, name: 'Admin', role: 'admin' },
      passwordHash,
      core.clock.now(),
    );
    await ensureDefaultAgent(records, core.catalog, organization.id, core.clock.now());
    await records.outbox.audit(ctx, 'organization.create', `org_${organization.id}`, { name: input.name });
    return { organization, admin };
  });
}

export async function getOrganization(core: Core, ctx: Context, id: number): Promise<Organization> {
  const organization = id === ctx.organizationId ? await core.store.organizations.get(id) : null;
  if (!organization) throw notFound('Organization', `organization_id: org_${id}`);
  return organization;
}

export interface ChangeOrganization {
  readonly name?: string;
  readonly timeZone?: string;
  readonly whenModelFails?: WhenModelFails;
  readonly holdAudio?: HoldAudio;
  readonly openingHours?: WeekHours;
  /** Null: unlimited. */
  readonly recordingRetentionDays?: number | null;
  readonly transcriptRetentionDays?: number | null;
}

/** @throws AppError not-found for any organization but the actor's own, invalid-input */
export async function changeOrganization(
  core: Core,
  ctx: Context,
  id: number,
  change: ChangeOrganization,
): Promise<Organization> {
  await getOrganization(core, ctx, id);
  const [problem] = change.openingHours === undefined ? [] : weekHoursProblems(change.openingHours);
  if (problem !== undefined) throw invalid('opening_hours', problem);
  const { timeZone: zone, ...rest } = change;
  const store = async (records: Records) => {
    const organization = await records.organizations.update(id, {
      ...rest,
      ...(zone === undefined ? {} : { timeZone: timeZone(zone) }),
    });
    await records.outbox.audit(ctx, 'organization.change', `org_${id}`, change);
    return organization;
  };
  // The opening hours of rules are of this zone.
  return zone === undefined ? core.store.transaction(store) : changeLines(core, id, store);
}
