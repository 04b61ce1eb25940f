import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import { refuseNumbers } from '../people/do-not-call.ts';
import { addBatch } from './add-batch.ts';
import type { GivenLead } from './lead.ts';
import { summaryOf, type ImportCounts, type ImportTarget, type LeadImport } from './lead-import.ts';

type TargetCore = Pick<Core, 'store' | 'clock' | 'secrets'>;
type Added = Omit<ImportCounts, 'rejected'>;

/** What the rows of an import become. */
interface Target {
  /** Adds rows with different numbers. */
  add(core: TargetCore, records: Records, one: LeadImport, rows: readonly GivenLead[]): Promise<Added>;
  /** In the transaction that completes it. */
  completed(records: Records, done: LeadImport): Promise<void>;
  /** Takes back what an import that failed has added, and says what remains. */
  failed(core: TargetCore, one: LeadImport): Promise<string>;
}

/** Leads of a failed import that one statement deletes. */
const DELETED_AT_ONCE = 5000;
const ACTOR = { kind: 'system', name: 'import' } as const;

export const IMPORT_TARGETS: Readonly<Record<ImportTarget, Target>> = {
  leads: {
    async add(core, records, one, rows) {
      const campaign = (await records.campaigns.find(one.organizationId, one.campaignId!))!;
      const added = await addBatch(core, records, campaign, rows, one.id);
      const counts = { created: 0, updated: 0, unchanged: 0 };
      for (const outcome of added.values()) counts[outcome]++;
      return counts;
    },

    async completed({ outbox }, done) {
      const { id, organizationId } = done;
      const campaignId = done.campaignId!;
      const detail = { import: `import_${id}`, ...summaryOf(done) };
      await outbox.audit({ organizationId, actor: ACTOR }, 'campaign.imported', `campaign_${campaignId}`, detail);
      const data = { importId: id, ...summaryOf(done) };
      await outbox.event(organizationId, { type: 'lead.imported', campaignId, data });
    },

    async failed({ store }, { id }) {
      for (let afterId: number | null = 0; afterId !== null;)
        afterId = (await store.leads.deleteImported(id, afterId, DELETED_AT_ONCE)).lastId;
      return 'Nothing was imported.';
    },
  },

  do_not_call: {
    async add({ clock }, records, { organizationId, campaignId }, rows) {
      const numbers = rows.map(({ number }) => number);
      const entry = { campaignId, source: 'import', at: clock.now() } as const;
      const created = await refuseNumbers(records, organizationId, numbers, entry);
      return { created, updated: 0, unchanged: rows.length - created };
    },

    async completed({ outbox }, done) {
      const { id, organizationId, campaignId } = done;
      const subject = campaignId === null ? 'organization' : `campaign_${campaignId}`;
      const detail = { import: `import_${id}`, ...summaryOf(done) };
      await outbox.audit({ organizationId, actor: ACTOR }, 'do-not-call.imported', subject, detail);
    },

    /** Those on the list already do not want to be called. */
    failed: () => Promise.resolve('The numbers that were added before stay on the list.'),
  },
};
