// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AgentsTables {
  agent_activity: {
    agent_id: number;
    requests: number;
    response_ms: number;
    last_at: Date;
  };
  agent_drafts: {
    agent_id: number;
    base_version: number;
    changes: ColumnType<object, string, string>;
    updated_by: string;
    updated_at: Date;
  };
  agent_tests: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number;
    call_id: number;
    seq: number;
    name: string;
    expectation: string | null;
    created_by: string;
    created_at: Date;
  };
  agent_versions: {
    agent_id: number;
    version: number;
    settings: ColumnType<object, string, string>;
    note: string | null;
    published_by: string;
    published_at: Date;
  };
  ai_agents: {
    id: GeneratedAlways<number>;
    organization_id: number;
    type: Generated<string>;
    name: string;
    system_prompt: string;
    first_message: string | null;
    voicemail_message: string | null;
    voice_provider: string;
    voice_id: string;
    model_provider: string;
    model_name: string;
    interrupt_enabled: Generated<boolean>;
    silence_threshold_ms: number;
    is_active: Generated<boolean>;
    is_default: Generated<boolean>;
    deleted_at: Date | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    built_in_tools: Generated<string[]>;
    transfer_number: string | null;
    temperature: number | null;
    max_tokens: number | null;
    chain: ColumnType<number[], string | undefined, string>;
    last_error: string | null;
    last_error_at: Date | null;
    version: Generated<number>;
  };
  mcp_servers: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number;
    name: string;
    url: string;
    authorization_header: string | null;
    created_at: Date;
    deleted_at: Date | null;
  };
  tool_executions: {
    id: GeneratedAlways<number>;
    key: string;
    tool_id: number | null;
    name: string;
    input: ColumnType<Record<string, string>, string, string>;
    status: Generated<string>;
    output: string | null;
    started_at: Date;
    duration_ms: number | null;
    conversation_id: number;
  };
  tools: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number;
    name: string;
    description: string;
    required_params: string[];
    optional_params: string[];
    webhook_url: string;
    secret: string;
    created_at: Date;
    updated_at: Date;
    deleted_at: Date | null;
    parameters: ColumnType<Record<string, unknown> | null, string | null, string | null>;
    confirm: boolean | null;
  };
  voices: {
    id: GeneratedAlways<number>;
    organization_id: number | null;
    provider: string;
    vendor_id: string | null;
    name: string;
    language: string | null;
    gender: string | null;
    category: string;
    description: string | null;
    sample_url: string | null;
    offered: Generated<boolean>;
    status: string;
    failure: string | null;
    source_key: string | null;
    source_name: string | null;
    attempts: Generated<number>;
    created_at: Date;
  };
}
