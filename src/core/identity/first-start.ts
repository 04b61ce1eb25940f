import { withDefaults } from '../ai-agents/agents.ts';
import { DEFAULT_AGENT } from '../ai-agents/ai-agent.ts';
import { AppError } from '../kernel/errors.ts';
import type { Secrets, WallClock } from '../kernel/ports.ts';
import type { ModelCatalog, Organization, Store } from '../ports.ts';

/**
 * Makes what a new installation needs, once, and the configured key valid. @throws AppError conflict when the database
 * belongs to an installation with another encryption key
 */
export async function firstStart(core: { store: Store; clock: WallClock; secrets: Secrets; catalog: ModelCatalog }, given: { apiKey: string; encryptionFingerprint: string }): Promise<Organization> {
  return core.store.transaction(async (records) => {
    const known = await records.identity.fingerprint(given.encryptionFingerprint);
    if (known !== given.encryptionFingerprint) throw new AppError('conflict', 'This database was set up with another ENCRYPTION_KEY. Start with that key; its stored settings could not be read with this one.');
    const organization = (await records.identity.first()) ?? (await records.identity.insertOrganization('Default organization'));
    await records.identity.setConfiguredKey(organization.id, core.secrets.hash(given.apiKey));
    if (!(await records.agents.default(organization.id))) await records.agents.insert(organization.id, withDefaults(core.catalog, DEFAULT_AGENT), true, core.clock.now());
    return organization;
  });
}
