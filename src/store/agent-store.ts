import type { Kysely, Selectable } from 'kysely';
import type { AgentSettings, AgentType, AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { AgentStore } from '#core/ports.ts';
import type { Database } from './schema.ts';

export class PostgresAgentStore implements AgentStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, settings: AgentSettings, isDefault: boolean, at: Date): Promise<AiAgent> {
    const row = await this.#db
      .insertInto('ai_agents')
      .values({
        organization_id: organizationId, type: settings.type, name: settings.name, system_prompt: settings.systemPrompt, first_message: settings.firstMessage, voicemail_message: settings.voicemailMessage,
        voice_provider: settings.voiceProvider, voice_id: settings.voiceId, model_provider: settings.modelProvider, model_name: settings.modelName, interrupt_enabled: settings.interruptEnabled,
        silence_threshold_ms: settings.silenceThresholdMs, is_active: settings.isActive, is_default: isDefault, deleted_at: null, created_at: at, updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toAgent(row);
  }

  async find(organizationId: number, id: number): Promise<AiAgent | null> {
    const row = await this.#db.selectFrom('ai_agents').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
    return row ? toAgent(row) : null;
  }

  async evenDeleted(id: number): Promise<AiAgent | null> {
    const row = await this.#db.selectFrom('ai_agents').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toAgent(row) : null;
  }

  async default(organizationId: number): Promise<AiAgent | null> {
    const row = await this.#db.selectFrom('ai_agents').selectAll().where('organization_id', '=', organizationId).where('is_default', '=', true).where('deleted_at', 'is', null).executeTakeFirst();
    return row ? toAgent(row) : null;
  }
}

function toAgent(row: Selectable<Database['ai_agents']>): AiAgent {
  return {
    id: row.id, organizationId: row.organization_id, type: row.type as AgentType, name: row.name, systemPrompt: row.system_prompt, firstMessage: row.first_message, voicemailMessage: row.voicemail_message,
    voiceProvider: row.voice_provider, voiceId: row.voice_id, modelProvider: row.model_provider, modelName: row.model_name, interruptEnabled: row.interrupt_enabled,
    silenceThresholdMs: row.silence_threshold_ms, isActive: row.is_active, isDefault: row.is_default, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
