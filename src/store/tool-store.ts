import { sql, type Kysely, type Selectable } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { ArmedTool, NewExecution, NewTool, ToolLocation, ToolStore } from '#core/tools/tool-store.ts';
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

  async begin({ key, toolId, name, input, startedAt, ...scene }: NewExecution): Promise<boolean> {
    if ('callId' in scene && scene.epoch !== undefined)
      return this.#beginOwned(scene.callId, scene.epoch, { key, toolId, name, input, startedAt });
    const result = await this.#db
      .insertInto('tool_executions')
      .values({ ...columnsOf(scene), key, tool_id: toolId, name, input: JSON.stringify(input), started_at: startedAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  /** A takeover waits for this, or comes first. */
  async #beginOwned(
    callId: number,
    epoch: number,
    { key, toolId, name, input, startedAt }: Omit<NewExecution, 'callId' | 'conversationId' | 'epoch'>,
  ): Promise<boolean> {
    const result = await this.#db
      .insertInto('tool_executions')
      .columns(['call_id', 'key', 'tool_id', 'name', 'input', 'started_at'])
      .expression((eb) =>
        eb
          .selectFrom('calls')
          .select([
            'calls.id',
            sql<string>`${key}::text`.as('key'),
            sql<number | null>`${toolId}::bigint`.as('tool_id'),
            sql<string>`${name}::text`.as('name'),
            sql<string>`${JSON.stringify(input)}::jsonb`.as('input'),
            sql<Date>`${startedAt}::timestamptz`.as('started_at'),
          ])
          .where('calls.id', '=', callId)
          .where('calls.epoch', '=', epoch)
          .where('calls.status', 'in', [...LIVE_STATUSES])
          .forShare(),
      )
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  async finish(
    scene: ToolLocation,
    key: string,
    { status, output, durationMs }: Parameters<ToolStore['finish']>[2],
  ): Promise<void> {
    await this.#db
      .updateTable('tool_executions')
      .set({ status, output, duration_ms: durationMs })
      .where('key', '=', key)
      .where((eb) => eb.and(columnsOf(scene)))
      .execute();
  }

  async lose(callId: number): Promise<readonly { key: string; name: string }[]> {
    return this.#db
      .updateTable('tool_executions')
      .set({ status: 'unknown' })
      .where('call_id', '=', callId)
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

  async executionsOf(callId: number): Promise<readonly ToolExecution[]> {
    return (await this.#executions().where('x.call_id', '=', callId).select(EXECUTION).orderBy('x.id').execute()).map(
      toExecution,
    );
  }

  #of(agentId: number) {
    return this.#db.selectFrom('tools').selectAll().where('agent_id', '=', agentId).where('deleted_at', 'is', null);
  }

  #executions() {
    return this.#db.selectFrom('tool_executions as x').leftJoin('calls as c', 'c.id', 'x.call_id');
  }
}

const columnsOf = (scene: ToolLocation) =>
  'callId' in scene ? { call_id: scene.callId } : { conversation_id: scene.conversationId };

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
  conversation_id: number | null;
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
