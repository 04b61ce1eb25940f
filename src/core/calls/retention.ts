import type { Core } from '../core.ts';
import type { Organization } from '../identity/organization.ts';

const DAY_MS = 86_400_000;
const BATCH = 200;

export interface Retired {
  readonly recordings: number;
  readonly transcripts: number;
}

/** Deletes recordings and transcripts that are older than their organization's retention period. */
export async function applyRetention(core: Pick<Core, 'store' | 'clock'>): Promise<Retired> {
  const retired = { recordings: 0, transcripts: 0 };
  for (const organization of await core.store.organizations.withRetention()) {
    retired.recordings += await repeatedly(() => retireRecordings(core, organization));
    retired.transcripts += await repeatedly(() => retireTranscripts(core, organization));
  }
  return retired;
}

function retireRecordings(
  core: Pick<Core, 'store' | 'clock'>,
  { id, recordingRetentionDays: days }: Organization,
): Promise<number> {
  if (days === null) return Promise.resolve(0);
  const now = core.clock.now();
  return core.store.transaction(async (records) => {
    const recordingKeys = await records.calls.dropRecordings(id, new Date(now.getTime() - days * DAY_MS), now, BATCH);
    if (recordingKeys.length === 0) return 0;
    await records.outbox.job({ name: 'delete-recordings', data: { recordingKeys } });
    await records.outbox.audit(systemOf(id), 'retention.recordings', `org_${id}`, {
      deleted: recordingKeys.length,
      days,
    });
    return recordingKeys.length;
  });
}

function retireTranscripts(
  core: Pick<Core, 'store' | 'clock'>,
  { id, transcriptRetentionDays: days }: Organization,
): Promise<number> {
  if (days === null) return Promise.resolve(0);
  const now = core.clock.now();
  return core.store.transaction(async (records) => {
    const before = new Date(now.getTime() - days * DAY_MS);
    const deleted = await records.entries.drop(id, before, now, BATCH);
    if (deleted > 0) await records.outbox.audit(systemOf(id), 'retention.transcripts', `org_${id}`, { deleted, days });
    return deleted;
  });
}

const systemOf = (organizationId: number) =>
  ({ organizationId, actor: { kind: 'system', name: 'retention' } }) as const;

async function repeatedly(batch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let done = await batch(); done > 0; done = await batch()) total += done;
  return total;
}
