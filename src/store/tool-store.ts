import { sql, type Kysely, type Selectable } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { ArmedTool, NewExecution, NewTool, ToolStore } from '#core/tools/tool-store.ts';
import type { Tool, ToolExecution, ToolSettings, ToolStatus } from '#core/tools/tool.ts';
import type { Database } from './schema.ts';
import { listKeys } from './listing.ts';

const UNIQUE_VIOLATION = '23505';

export class PostgresToolStore implements ToolStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(tool: NewTool): Promise<Tool | null> {
    const row = await this.#db
      .insertInto('tools')
      .values({
        organization_id: tool.organizationId,
        agent_id: tool.agentId,
        name: tool.name,
        description: tool.description,
        required_params: [...tool.requiredParams],
        optional_params: [...tool.optionalParams],
        parameters: tool.parameters && JSON.stringify(tool.parameters),
        confirm: tool.confirm,
        webhook_url: tool.webhookUrl,
        secret: tool.sealedSecret,
        created_at: tool.at,
        updated_at: tool.at,
        deleted_at: null,
      })
      .onConflict((conflict) => conflict.columns(['agent_id', 'name']).where('deleted_at', 'is', null).doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ? toTool(row) : null;
  }

  async find(agentId: number, id: number): Promise<Tool | null> {
    const row = await this.#of(agentId).where('id', '=', id).executeTakeFirst();
    return row ? toTool(row) : null;
  }

  async list(agentId: number): Promise<readonly ArmedTool[]> {
    return (await this.#of(agentId).orderBy('id').execute()).map((row) => ({
      tool: toTool(row),
      sealedSecret: row.secret,
    }));
  }

  async update(
    agentId: number,
    id: number,
    change: Partial<ToolSettings> & { sealedSecret?: string },
    at: Date,
  ): Promise<Tool | 'taken' | null> {
    const columns = {
      name: change.name,
      description: change.description,
      required_params: change.requiredParams && [...change.requiredParams],
      optional_params: change.optionalParams && [...change.optionalParams],
      parameters: change.parameters && JSON.stringify(change.parameters),
      confirm: change.confirm,
      webhook_url: change.webhookUrl,
      secret: change.sealedSecret,
    };
    const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
    try {
      const row = await this.#db
        .updateTable('tools')
        .set({ ...given, updated_at: at })
        .where('agent_id', '=', agentId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returningAll()
        .executeTakeFirst();
      return row ? toTool(row) : null;
    } catch (error) {
      if ((error as { code?: string }).code === UNIQUE_VIOLATION) return 'taken';
      throw error;
    }
  }

  async delete(agentId: number, id: number, at: Date): Promise<boolean> {
    const result = await this.#db
      .updateTable('tools')
      .set({ deleted_at: at })
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  async begin({ conversationId, call, key, toolId, name, input, startedAt }: NewExecution): Promise<boolean> {
    // A takeover of the call waits for this, or comes first.
    const ofOwner = call
      ? sql`from calls where id = ${call.id} and epoch = ${call.epoch} and status = any(${[...LIVE_STATUSES]}) for share`
      : sql``;
    const { numAffectedRows } = await sql`
      insert into tool_executions (conversation_id, key, tool_id, name, input, started_at)
      select ${conversationId}::bigint, ${key}::text, ${toolId}::bigint, ${name}::text, ${JSON.stringify(input)}::jsonb,
        ${startedAt}::timestamptz ${ofOwner}
      on conflict do nothing`.execute(this.#db);
    return numAffectedRows === 1n;
  }

  async finish(
    conversationId: number,
    key: string,
    { status, output, durationMs }: Parameters<ToolStore['finish']>[2],
  ): Promise<void> {
    await this.#db
      .updateTable('tool_executions')
      .set({ status, output, duration_ms: durationMs })
      .where('conversation_id', '=', conversationId)
      .where('key', '=', key)
      .execute();
  }

  async lose(conversationId: number): Promise<readonly { key: string; name: string }[]> {
    return this.#db
      .updateTable('tool_executions')
      .set({ status: 'unknown' })
      .where('conversation_id', '=', conversationId)
      .where('status', '=', 'running')
      .returning(['key', 'name'])
      .execute();
  }

  async executions(toolId: number, page: Page): Promise<Listed<ToolExecution>> {
    const branches = [sql`tool_id = ${toolId}`];
    const listing = { table: 'tool_executions', key: ['id'], order: 'desc', branches } as const;
    const { keys, total } = await listKeys(this.#db, listing, page);
    if (keys.length === 0) return { rows: [], total };
    const ids = keys.map((key) => key['id'] as number);
    const rows = await this.#executions().where('x.id', 'in', ids).select(EXECUTION).orderBy('x.id', 'desc').execute();
    return { rows: rows.map(toExecution), total };
  }

  async executionsOf(conversationId: number): Promise<readonly ToolExecution[]> {
    const all = this.#executions().where('x.conversation_id', '=', conversationId);
    return (await all.select(EXECUTION).orderBy('x.id').execute()).map(toExecution);
  }

  #of(agentId: number) {
    return this.#db.selectFrom('tools').selectAll().where('agent_id', '=', agentId).where('deleted_at', 'is', null);
  }

  #executions() {
    return (
      this.#db
        .selectFrom('tool_executions as x')
        .innerJoin('conversations as v', 'v.id', 'x.conversation_id')
        // What ran in text after the call is not the call's.
        .leftJoin('calls as c', (join) =>
          join
            .onRef('c.id', '=', 'v.call_id')
            .on((eb) => eb.or([eb('c.ended_at', 'is', null), eb('x.started_at', '<=', eb.ref('c.ended_at'))])),
        )
    );
  }
}

const EXECUTION = [
  'x.id',
  'c.sid',
  'x.conversation_id',
  'x.key',
  'x.name',
  'x.input',
  'x.status',
  'x.output',
  'x.started_at',
  'x.duration_ms',
] as const;

function toExecution(row: {
  id: number;
  sid: string | null;
  conversation_id: number;
  key: string;
  name: string;
  input: object;
  status: string;
  output: string | null;
  started_at: Date;
  duration_ms: number | null;
}): ToolExecution {
  return {
    id: row.id,
    callSid: row.sid,
    conversationId: row.conversation_id,
    key: row.key,
    name: row.name,
    input: row.input as Record<string, string>,
    status: row.status as ToolStatus,
    output: row.output,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
  };
}

function toTool(row: Selectable<Database['tools']>): Tool {
  return {
    id: row.id,
    organizationId: row.organization_id,
    agentId: row.agent_id,
    name: row.name,
    description: row.description,
    requiredParams: row.required_params,
    optionalParams: row.optional_params,
    parameters: row.parameters,
    confirm: row.confirm,
    webhookUrl: row.webhook_url,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
