import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { openDatabase } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { deleteDataDir } from '../support/data-dir.ts';

export const SCHEMA_PATH = join(import.meta.dirname, '../../src/store/schema.ts');

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

const HEAD = `// Generated from the migrated database by \`npm run schema\`; do not edit. \`npm run check\` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface Database {
`;

/** The source of `src/store/schema.ts`, from a fresh embedded database with all migrations. */
export async function freshSchemaSource(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-schema-'));
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  try {
    const database = await openDatabase(server.connection, () => undefined, 1);
    try {
      return await schemaSource(database.pool);
    } finally {
      await database.close();
    }
  } finally {
    await server.stop();
    deleteDataDir(dataDir);
  }
}

async function schemaSource(pool: Pool): Promise<string> {
  const { rows } = await pool.query<Column>(`
    select table_name "table", column_name "column", udt_name type, is_nullable = 'YES' nullable,
      column_default is not null "hasDefault", is_generated = 'ALWAYS' or identity_generation = 'ALWAYS' generated
    from information_schema.columns
    where table_schema = current_schema() and table_name <> 'migrations'
    order by table_name collate "C", ordinal_position`);
  const tables = [...Map.groupBy(rows, (row) => row.table)].map(
    ([name, columns]) => `  ${name}: {\n${columns.map((one) => `    ${one.column}: ${typeOf(one)};\n`).join('')}  };\n`,
  );
  return `${HEAD}${tables.join('')}}\n`;
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
