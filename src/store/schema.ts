// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { AgentsTables } from './schema/agents.ts';
import type { CallsTables } from './schema/calls.ts';
import type { CampaignsTables } from './schema/campaigns.ts';
import type { CarriersTables } from './schema/carriers.ts';
import type { DeskTables } from './schema/desk.ts';
import type { EventsTables } from './schema/events.ts';
import type { IdentityTables } from './schema/identity.ts';
import type { KnowledgeTables } from './schema/knowledge.ts';
import type { MetricsTables } from './schema/metrics.ts';
import type { PeopleTables } from './schema/people.ts';
import type { ServersTables } from './schema/servers.ts';

export interface Database
  extends
    AgentsTables,
    CallsTables,
    CampaignsTables,
    CarriersTables,
    DeskTables,
    EventsTables,
    IdentityTables,
    KnowledgeTables,
    MetricsTables,
    PeopleTables,
    ServersTables {}
