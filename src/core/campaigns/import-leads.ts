import type { Core } from '../core.ts';
import { NumberSet } from '../kernel/number-set.ts';
import type { Context } from '../kernel/context.ts';
import { storeFile } from '../files/store-file.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import type { StagedFile } from '../kernel/file-store.ts';
import { countryOf, countryOfNumber, countryOfZone } from '../dialling/place.ts';
import { openCampaign } from './add-leads.ts';
import { descriptionOf, personChanges } from './add-batch.ts';
import type { GivenLead } from './lead.ts';
import type { Campaign } from './campaign.ts';
import { columnsOf, isHeader, leadOf, type Column, type LeadColumns } from './lead-columns.ts';
import { UnreadableTable, type ExaminedTable, type TableRow } from './lead-file.ts';
import type { ImportCounts, LeadImport, RejectedRow } from './lead-import.ts';
import { MOST_ERRORS_SHOWN } from './imports.ts';

type ImportCore = Pick<Core, 'store' | 'clock' | 'secrets' | 'tables'>;
type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

export interface LeadFile {
  readonly staged: StagedFile;
  readonly name: string;
  /** Between names of columns and of fields, in either direction. */
  readonly mapping: Readonly<Record<string, string>>;
  /** The country of numbers without a country code. Null: of the campaign's caller id, else of the organization. */
  readonly country: string | null;
}

export const LARGEST_LEAD_FILE = 256 * 1024 * 1024;
/** The numbers of a file are held in memory while it is read, so that each counts once. */
export const MOST_ROWS = 2_000_000;
const LONGEST_NAME = 255;

/**
 * Begins the import of a list; it goes on in the background, also after a crash. @throws AppError not-found,
 * invalid-input (the file is no list), unchangeable (the campaign is completed)
 */
export async function importLeads(
  core: ImportCore & Pick<Core, 'files'>,
  ctx: Acting,
  campaignId: number,
  file: LeadFile,
): Promise<LeadImport> {
  const campaign = await openCampaign(core.store, ctx, campaignId);
  const examined = await examinedList(core, campaign, file);
  return beginImport(core, ctx, file, { ...examined, target: 'leads', campaignId });
}

const AUDITED = { leads: 'campaign.import', do_not_call: 'do-not-call.import' } as const;

/** Keeps the file of a list, which is read into its target in the background. */
export async function beginImport(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'files'>,
  ctx: Acting,
  file: LeadFile,
  { table, columns, target, campaignId }: ExaminedList & Pick<LeadImport, 'target' | 'campaignId'>,
): Promise<LeadImport> {
  const fileKey = `imports/org_${ctx.organizationId}/${core.secrets.token()}.csv`;
  const record = () =>
    core.store.transaction(async (records) => {
      if (target === 'leads') await openCampaign(records, ctx, campaignId!);
      const begun = await records.leadImports.insert(
        {
          organizationId: ctx.organizationId,
          target,
          campaignId,
          fileKey,
          fileName: file.name.slice(0, LONGEST_NAME),
          fileHash: file.staged.sha256,
          format: table.format,
          columns,
          totalRows: table.rows,
        },
        core.clock.now(),
      );
      const subject = campaignId === null ? 'organization' : `campaign_${campaignId}`;
      await records.outbox.audit(ctx, AUDITED[target], subject, {
        import: `import_${begun.id}`,
        rows: table.rows,
      });
      return begun;
    });
  return storeFile(core.files, file.staged, fileKey, record);
}

/** A column of a list as people see it, and what it becomes. */
export interface ShownColumn {
  readonly name: string;
  readonly becomes: Column;
  /** Of its first cells that hold anything. */
  readonly samples: readonly string[];
}

const MOST_SAMPLES = 3;
const SAMPLED_ROWS = 50;
const LONGEST_SAMPLE = 80;

export interface DryRun extends ImportCounts {
  readonly totalRows: number;
  readonly columns: readonly ShownColumn[];
  readonly errors: readonly RejectedRow[];
}

/** What an import of the file would do. Changes nothing. @throws AppError as `importLeads` */
export async function tryImport(core: ImportCore, ctx: Acting, campaignId: number, file: LeadFile): Promise<DryRun> {
  const campaign = await openCampaign(core.store, ctx, campaignId);
  const { table, columns } = await examinedList(core, campaign, file);
  const seen = new NumberSet();
  const counts = { created: 0, updated: 0, unchanged: 0, rejected: 0 };
  const errors: RejectedRow[] = [];
  const first: TableRow[] = [];
  for await (const rows of core.tables.read(() => file.staged.stream(), table.format)) {
    first.push(...rows.slice(0, SAMPLED_ROWS - first.length));
    const { leads, rejected, repeated } = sorted(rows, columns, seen);
    counts.rejected += rejected.length;
    counts.unchanged += repeated;
    errors.push(...rejected.slice(0, MOST_ERRORS_SHOWN - errors.length));
    const differing = await differences(core, campaign, leads);
    for (const { number } of leads) counts[differing.get(number) ?? 'unchanged']++;
  }
  const shown = shownColumns(table.format.header, columns.columns, first);
  return { ...counts, totalRows: table.rows, columns: shown, errors };
}

const shownColumns = (
  header: readonly string[] | null,
  columns: readonly Column[],
  rows: readonly TableRow[],
): readonly ShownColumn[] =>
  columns.map((becomes, at) => ({
    name: header?.[at] ?? `column_${at + 1}`,
    becomes,
    samples: rows.flatMap(({ cells }) => cells[at]?.slice(0, LONGEST_SAMPLE) || []).slice(0, MOST_SAMPLES),
  }));

/** Of these leads those that the campaign does not have, and those that differ from what is recorded. */
async function differences(
  { store }: ImportCore,
  { id, organizationId }: Campaign,
  leads: readonly GivenLead[],
): Promise<ReadonlyMap<string, 'created' | 'updated'>> {
  const numbers = leads.map(({ number }) => number);
  const known = await store.leads.byNumbers(id, numbers);
  const owners = await store.persons.byNumbers(organizationId, numbers);
  const changed = new Set((await personChanges(store, organizationId, leads, owners)).map(({ number }) => number));
  return new Map(
    leads.flatMap((lead): readonly [string, 'created' | 'updated'][] => {
      const there = known.get(lead.number);
      if (there === undefined) return [[lead.number, 'created']];
      return changed.has(lead.number) || descriptionOf(there, lead) !== null ? [[lead.number, 'updated']] : [];
    }),
  );
}

/**
 * Rows as leads, each number once: in a file the first row of a number counts. `seen` holds the numbers of the file
 * before, as whole numbers: a million take little room so.
 */
export function sorted(
  rows: readonly TableRow[],
  columns: LeadColumns,
  seen: NumberSet,
): { readonly leads: readonly GivenLead[]; readonly rejected: readonly RejectedRow[]; readonly repeated: number } {
  const leads: GivenLead[] = [];
  const rejected: RejectedRow[] = [];
  let repeated = 0;
  for (const { row, cells } of rows) {
    const read = leadOf(cells, columns);
    if ('error' in read) {
      rejected.push({ row, error: read.error, cells });
      continue;
    }
    if (seen.add(Number(read.lead.number))) leads.push(read.lead);
    else repeated++;
  }
  return { leads, rejected, repeated };
}

export interface ExaminedList {
  readonly table: ExaminedTable;
  readonly columns: LeadColumns;
}

/** As `examined`; a list that is too long is refused. */
export async function examinedList(
  core: ImportCore,
  campaign: Parameters<typeof examined>[1],
  file: LeadFile,
): Promise<ExaminedList> {
  const found = await examined(core, campaign, file);
  const { rows } = found.table;
  if (rows > MOST_ROWS)
    throw unreadable(`The file has ${rows} rows, more than ${MOST_ROWS}: split it and upload the parts.`);
  return found;
}

/** How a list is written and what its columns are. @throws AppError invalid-input */
export async function examined(
  core: ImportCore,
  { organizationId, callerIds }: Pick<Campaign, 'organizationId' | 'callerIds'>,
  { staged, mapping, country, name }: Omit<LeadFile, 'staged'> & { readonly staged: Pick<StagedFile, 'stream'> },
): Promise<ExaminedList> {
  if (country !== null && countryOf(country) === null) throw invalid('country', 'must be a country or its code');
  const table = await core.tables
    .examine(
      () => staged.stream(),
      (cells) => isHeader(cells, mapping),
    )
    .catch((error: unknown) => {
      throw error instanceof UnreadableTable ? unreadable(error.message) : error;
    });
  const resolved = columnsOf(table.format.header, table.first, mapping);
  if ('problem' in resolved) throw unreadable(resolved.problem);
  if (table.rows === 0) throw unreadable('The file has a header and no rows.');
  const { timeZone } = (await core.store.organizations.get(organizationId))!;
  const home = country ?? countryOfNumber(callerIds[0] ?? null) ?? countryOfZone(timeZone);
  return { table, columns: { columns: resolved.columns, country: home, consentSource: `list ${name.slice(0, 150)}` } };
}

const unreadable = (message: string): AppError =>
  new AppError('invalid-input', message, { issues: [{ path: 'file', message, kind: 'format' }] });
