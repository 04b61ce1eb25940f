import type { Kysely, Selectable } from 'kysely';
import { AGENT_DEFAULTS, type AgentSettings, type AgentType, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import { settingsOf, type AgentDraft, type AgentVersion } from '#core/ai-agents/agent-version.ts';
import type { AgentActivity, AgentFilter, AgentStore } from '#core/ai-agents/agent-store.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';
import { countAll } from './sql.ts';

export class PostgresAgentStore implements AgentStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(
    organizationId: number,
    settings: AgentSettings,
    isDefault: boolean,
    at: Date,
    by = 'system:first-start',
  ): Promise<AiAgent> {
    const row = await this.#db
      .insertInto('ai_agents')
      .values({
        ...toColumns(settings),
        organization_id: organizationId,
        is_default: isDefault,
        deleted_at: null,
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const agent = toAgent(row);
    await this.#keepVersion(agent, { at, by, note: null });
    return agent;
  }

  async #keepVersion(agent: AiAgent, { at, by, note }: Parameters<AgentStore['update']>[3]): Promise<void> {
    await this.#db
      .insertInto('agent_versions')
      .values({
        agent_id: agent.id,
        version: agent.version,
        settings: JSON.stringify(settingsOf(agent)),
        note,
        published_by: by,
        published_at: at,
      })
      .execute();
  }

  async find(organizationId: number, id: number): Promise<AiAgent | null> {
    const row = await this.#one(organizationId, id).executeTakeFirst();
    return row ? toAgent(row) : null;
  }

  async lock(organizationId: number, id: number): Promise<AiAgent | null> {
    const row = await this.#one(organizationId, id).forNoKeyUpdate().executeTakeFirst();
    return row ? toAgent(row) : null;
  }

  #one(organizationId: number, id: number) {
    return this.#db
      .selectFrom('ai_agents')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null);
  }

  async evenDeleted(id: number, version: number | null = null): Promise<AiAgent | null> {
    const row = await this.#db.selectFrom('ai_agents').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) return null;
    const agent = toAgent(row);
    if (version === null || version === agent.version) return agent;
    const then = await this.version(id, version);
    return then ? { ...agent, ...then.settings, version } : agent;
  }

  async among(organizationId: number, ids: readonly number[]): Promise<readonly AiAgent[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('ai_agents')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', 'in', [...ids])
      .execute();
    return rows.map(toAgent);
  }

  async default(organizationId: number): Promise<AiAgent | null> {
    const row = await this.#db
      .selectFrom('ai_agents')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('is_default', '=', true)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return row ? toAgent(row) : null;
  }

  async list(organizationId: number, filter: AgentFilter, page: Page): Promise<Listed<AiAgent>> {
    let query = this.#db
      .selectFrom('ai_agents')
      .where('organization_id', '=', organizationId)
      .where('deleted_at', 'is', null);
    if (filter.type !== undefined) query = query.where('type', '=', filter.type);
    if (filter.isActive !== undefined) query = query.where('is_active', '=', filter.isActive);
    const rows = await query
      .selectAll()
      .orderBy('id', page.order ?? 'asc')
      .offset(page.skip)
      .limit(page.limit)
      .execute();
    return { rows: rows.map(toAgent), total: await countAll(query) };
  }

  async update(...[organizationId, id, change, how]: Parameters<AgentStore['update']>): Promise<AiAgent | null> {
    const given = Object.fromEntries(Object.entries(toColumns(change)).filter(([, value]) => value !== undefined));
    const row = await this.#db
      .updateTable('ai_agents')
      .set((eb) => ({ ...given, version: eb('version', '+', 1), updated_at: how.at }))
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    const agent = toAgent(row);
    await this.#keepVersion(agent, how);
    return agent;
  }

  async version(id: number, version: number): Promise<AgentVersion | null> {
    const row = await this.#db
      .selectFrom('agent_versions')
      .selectAll()
      .where('agent_id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    return row ? toVersion(row) : null;
  }

  async versions(id: number, page: Page): Promise<readonly AgentVersion[]> {
    const rows = await this.#db
      .selectFrom('agent_versions')
      .selectAll()
      .where('agent_id', '=', id)
      .orderBy('version', 'desc')
      .offset(page.skip)
      .limit(page.limit)
      .execute();
    return rows.map(toVersion);
  }

  async draft(id: number): Promise<AgentDraft | null> {
    const row = await this.#db.selectFrom('agent_drafts').selectAll().where('agent_id', '=', id).executeTakeFirst();
    return row
      ? {
          baseVersion: row.base_version,
          changes: row.changes,
          updatedBy: row.updated_by,
          updatedAt: row.updated_at,
        }
      : null;
  }

  async keepDraft(id: number, { baseVersion, changes, updatedBy, updatedAt }: AgentDraft): Promise<void> {
    const row = {
      base_version: baseVersion,
      changes: JSON.stringify(changes),
      updated_by: updatedBy,
      updated_at: updatedAt,
    };
    await this.#db
      .insertInto('agent_drafts')
      .values({ agent_id: id, ...row })
      .onConflict((conflict) => conflict.column('agent_id').doUpdateSet(row))
      .execute();
  }

  async dropDraft(id: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('agent_drafts').where('agent_id', '=', id).executeTakeFirst();
    return numDeletedRows === 1n;
  }

  async noteError(id: number, error: AiAgent['lastError']): Promise<void> {
    await this.#db
      .updateTable('ai_agents')
      .set({ last_error: error?.message ?? null, last_error_at: error?.at ?? null })
      .where('id', '=', id)
      .execute();
  }

  async count(id: number, requests: number, responseMs: number, at: Date): Promise<void> {
    await this.#db
      .insertInto('agent_activity')
      .values({ agent_id: id, requests, response_ms: responseMs, last_at: at })
      .onConflict((conflict) =>
        conflict.column('agent_id').doUpdateSet((eb) => ({
          requests: eb('agent_activity.requests', '+', requests),
          response_ms: eb('agent_activity.response_ms', '+', responseMs),
          last_at: eb.fn<Date>('greatest', ['agent_activity.last_at', 'excluded.last_at']),
        })),
      )
      .execute();
  }

  async activity(id: number): Promise<AgentActivity> {
    const row = await this.#db.selectFrom('agent_activity').selectAll().where('agent_id', '=', id).executeTakeFirst();
    return { requests: row?.requests ?? 0, responseMs: row?.response_ms ?? 0, lastAt: row?.last_at ?? null };
  }

  async delete(organizationId: number, id: number, at: Date): Promise<AiAgent | null> {
    const row = await this.#db
      .updateTable('ai_agents')
      .set({ deleted_at: at })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    return row ? toAgent(row) : null;
  }
}

/** Settings under the names of their columns; what is not given stays undefined. */
function toColumns<S extends Partial<AgentSettings>>(settings: S) {
  return {
    type: settings.type as S['type'],
    name: settings.name as S['name'],
    system_prompt: settings.systemPrompt as S['systemPrompt'],
    first_message: settings.firstMessage as S['firstMessage'],
    voicemail_message: settings.voicemailMessage as S['voicemailMessage'],
    voice_provider: settings.voiceProvider as S['voiceProvider'],
    voice_id: settings.voiceId as S['voiceId'],
    model_provider: settings.modelProvider as S['modelProvider'],
    model_name: settings.modelName as S['modelName'],
    interrupt_enabled: settings.interruptEnabled as S['interruptEnabled'],
    silence_threshold_ms: settings.silenceThresholdMs as S['silenceThresholdMs'],
    is_active: settings.isActive as S['isActive'],
    built_in_tools: settings.builtInTools && [...settings.builtInTools],
    transfer_number: settings.transferNumber as S['transferNumber'],
    temperature: settings.temperature as S['temperature'],
    max_tokens: settings.maxTokens as S['maxTokens'],
    ...(settings.chain === undefined ? {} : { chain: JSON.stringify(settings.chain) }),
  };
}

const toVersion = (row: Selectable<Database['agent_versions']>): AgentVersion => ({
  version: row.version,
  // A setting that is newer than the version has its default.
  settings: { ...AGENT_DEFAULTS, ...(row.settings as unknown as AgentSettings) },
  note: row.note,
  publishedBy: row.published_by,
  publishedAt: row.published_at,
});

function toAgent(row: Selectable<Database['ai_agents']>): AiAgent {
  return {
    id: row.id,
    organizationId: row.organization_id,
    type: row.type as AgentType,
    name: row.name,
    systemPrompt: row.system_prompt,
    firstMessage: row.first_message,
    voicemailMessage: row.voicemail_message,
    voiceProvider: row.voice_provider,
    voiceId: row.voice_id,
    modelProvider: row.model_provider,
    modelName: row.model_name,
    interruptEnabled: row.interrupt_enabled,
    silenceThresholdMs: row.silence_threshold_ms,
    isActive: row.is_active,
    builtInTools: row.built_in_tools as AiAgent['builtInTools'],
    transferNumber: row.transfer_number,
    temperature: row.temperature,
    maxTokens: row.max_tokens,
    chain: row.chain,
    isDefault: row.is_default,
    version: row.version,
    lastError: row.last_error === null ? null : { message: row.last_error, at: row.last_error_at! },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
