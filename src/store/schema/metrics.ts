// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { Generated } from 'kysely';

export interface MetricsTables {
  call_counts: {
    organization_id: number;
    agent_id: number;
    user_id: number;
    outcome: string;
    calls: number;
  };
  call_facts: {
    call_id: number;
    organization_id: number;
    agent_id: number;
    user_id: number | null;
    campaign_id: number | null;
    direction: string;
    carrier: string;
    outcome: string;
    placed_at: Date;
    answered_at: Date | null;
    ended_at: Date;
    answered: boolean;
    converted: boolean;
    talk_ms: number;
    ring_ms: number;
    turns: number;
    waited_ms: number;
    cost_micros: number;
    sentiment: number | null;
    transferred: Generated<boolean>;
    ending: string;
    agent_version: number | null;
    result: string | null;
    attempt: number | null;
    caller_id: string | null;
  };
  call_rollups: {
    organization_id: number;
    dimension: string;
    value: string;
    span: string;
    bucket: Date;
    calls: number;
    answered: number;
    converted: number;
    talk_ms: number;
    ring_ms: number;
    turns: number;
    waited_ms: number;
    cost_micros: number;
    sentiment: number;
    analysed: number;
    transferred: Generated<number>;
    positive: Generated<number>;
    negative: Generated<number>;
  };
  campaign_rollups: {
    campaign_id: number;
    span: string;
    bucket: Date;
    dimension: string;
    value: string;
    calls: number;
    answered: number;
    converted: number;
    talk_ms: number;
    ring_ms: number;
    turns: number;
    waited_ms: number;
    cost_micros: number;
    sentiment: number;
    analysed: number;
    transferred: number;
    positive: number;
    negative: number;
  };
  prices: {
    provider: string;
    unit: string;
    micros_per_million: number;
  };
  usage_lines: {
    call_id: number;
    provider: string;
    unit: string;
    units: number;
    cost_micros: number;
  };
}
