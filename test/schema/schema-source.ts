import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { openDatabase } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { deleteDataDir } from '../support/data-dir.ts';

const STORE = join(import.meta.dirname, '../../src/store');

/** The files of the schema, one for the tables of an area. */
const AREAS: Readonly<Record<string, string>> = {
  agents: 'agent_activity agent_drafts agent_tests agent_versions ai_agents mcp_servers tool_executions tools voices',
  calls: `batch_calls call_batches call_origins call_reviews calls conversations entries legs media_tokens participants
    record_revisions`,
  campaigns: `attempts calling_places calling_rules campaign_pace campaigns lead_counts lead_import_errors lead_imports
    leads live_answers`,
  carriers: 'carrier_deliveries carrier_pace dispatch_rules phone_numbers received_messages sip_trunks',
  desk: 'callbacks desk_agents desks offers queue_entries',
  events: 'event_feed events webhook_deliveries webhook_lanes webhooks',
  identity: 'api_keys audit organizations sessions sign_in_failures sign_in_places used_refresh_tokens users',
  knowledge: 'document_chunks documents memory_preferences memory_topics uploaded_files',
  metrics: 'call_counts call_facts call_rollups campaign_rollups prices usage_lines',
  people: 'bookings consents do_not_call person_ids person_numbers persons suppressed_numbers',
  servers: 'idempotent_requests installation media_servers rate_limits server_commands servers settings',
};

/** What a column of JSON holds, by `table.column`: the database does not know. */
const JSON_CONTENT: Readonly<Record<string, string>> = {
  'queue_entries.resting': 'unknown',
  'ai_agents.chain': 'number[]',
  'audit.detail': 'object',
  'batch_calls.input': 'object',
  'call_batches.actor': 'object',
  'call_origins.metadata': 'Record<string, unknown>',
  'calls.latency': 'object',
  'agent_drafts.changes': 'object',
  'agent_versions.settings': 'object',
  'calls.overrides': 'Record<string, unknown>',
  'calls.spoken_by': 'Record<string, string>',
  'calls.turn_state': 'object',
  'calls.variables': 'Record<string, string>',
  'calls.vendor_errors': 'object[]',
  'calling_rules.overrides': 'object',
  'calling_rules.own': 'object',
  'campaigns.settings': 'object',
  'dispatch_rules.metadata': 'Record<string, unknown>',
  'dispatch_rules.routing': 'object',
  'sip_trunks.metadata': 'Record<string, unknown>',
  'entries.detail': 'Record<string, unknown>',
  'entries.metadata': 'Record<string, unknown>',
  'events.payload': 'object',
  'lead_imports.columns': 'object',
  'lead_imports.format': 'object',
  'leads.variables': 'Record<string, string>',
  'memory_preferences.value': 'unknown',
  'organizations.opening_hours': 'object',
  'queue_entries.limits': 'object',
  'server_commands.command': 'object',
  'tool_executions.input': 'Record<string, string>',
  'tools.parameters': 'Record<string, unknown>',
  'users.preferences': 'Record<string, unknown>',
};

/** As the driver reads them; bigints are parsed as numbers. */
const TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytea: 'Buffer',
  date: 'Date',
  float4: 'number',
  float8: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  text: 'string',
  timestamptz: 'Date',
  tsvector: 'string',
  varchar: 'string',
  _int4: 'number[]',
  _text: 'string[]',
};

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  /** Computed by the database, so that nothing else can be written. */
  readonly generated: boolean;
}

const HEAD = '// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.\n';

/** The sources of `src/store/schema.ts` and `src/store/schema/` by path, from a fresh database with all migrations. */
export async function freshSchemaSources(): Promise<ReadonlyMap<string, string>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-schema-'));
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  try {
    const database = await openDatabase(server.connection, () => undefined, 1);
    try {
      return await schemaSources(database.pool);
    } finally {
      await database.close();
    }
  } finally {
    await server.stop();
    deleteDataDir(dataDir);
  }
}

async function schemaSources(pool: Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<Column>(`
    select table_name "table", column_name "column", udt_name type, is_nullable = 'YES' nullable,
      column_default is not null "hasDefault", is_generated = 'ALWAYS' or identity_generation = 'ALWAYS' generated
    from information_schema.columns
    where table_schema = current_schema() and table_name <> 'migrations'
    order by table_name collate "C", ordinal_position`);
  const tables = Map.groupBy(rows, ({ table }) => table);
  const areas = Object.entries(AREAS).map(([area, names]) => [area, names.split(/\s+/)] as const);
  const listed = new Set(areas.flatMap(([, names]) => names));
  const lost = [...tables.keys()].find((table) => !listed.has(table));
  if (lost !== undefined) throw new Error(`AREAS lacks ${lost}: add the table to its area`);
  return new Map([
    [join(STORE, 'schema.ts'), wholeSource(areas.map(([area]) => area))],
    ...areas.map(([area, names]) => [join(STORE, 'schema', `${area}.ts`), areaSource(area, names, tables)] as const),
  ]);
}

const interfaceOf = (area: string) => `${area[0]!.toUpperCase()}${area.slice(1)}Tables`;

function wholeSource(areas: readonly string[]): string {
  const imports = areas.map((area) => `import type { ${interfaceOf(area)} } from './schema/${area}.ts';\n`);
  const bases = areas.map((area) => `    ${interfaceOf(area)}`);
  return `${HEAD}${imports.join('')}\nexport interface Database\n  extends\n${bases.join(',\n')} {}\n`;
}

function areaSource(area: string, names: readonly string[], tables: ReadonlyMap<string, readonly Column[]>): string {
  const bodies = names.map((name) => {
    const columns = tables.get(name);
    if (columns === undefined) throw new Error(`AREAS names ${name}, which is no table: remove it`);
    return `  ${name}: {\n${columns.map((one) => `    ${one.column}: ${typeOf(one)};\n`).join('')}  };\n`;
  });
  const body = bodies.join('');
  const used = ['ColumnType', 'Generated', 'GeneratedAlways'].filter((type) => body.includes(`${type}<`));
  const imports = `import type { ${used.join(', ')} } from 'kysely';\n`;
  return `${HEAD}${imports}\nexport interface ${interfaceOf(area)} {\n${body}}\n`;
}

function typeOf({ table, column, type, nullable, hasDefault, generated }: Column): string {
  const orNull = nullable ? ' | null' : '';
  if (type === 'jsonb') {
    const content = JSON_CONTENT[`${table}.${column}`];
    if (content === undefined) throw new Error(`JSON_CONTENT lacks ${table}.${column}: add what the column holds`);
    // Written as JSON text.
    return `ColumnType<${content === 'unknown' ? content : content + orNull}, string${orNull}${hasDefault ? ' | undefined' : ''}, string${orNull}>`;
  }
  const known = TYPES[type];
  if (known === undefined) throw new Error(`TYPES lacks ${type} of ${table}.${column}: add how the driver reads it`);
  if (generated) return `GeneratedAlways<${known}${orNull}>`;
  return hasDefault ? `Generated<${known}${orNull}>` : known + orNull;
}
