// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated } from 'kysely';

export interface CarriersTables {
  carrier_deliveries: {
    carrier: string;
    digest: string;
    at: Date;
  };
  carrier_pace: {
    carrier: string;
    next_at: Date;
    resting_until: Date | null;
  };
  dispatch_rules: {
    id: string;
    organization_id: number;
    name: string;
    trunk_ids: string[];
    room_pattern: string;
    hide_phone_number: boolean;
    agent_id: number | null;
    routing: ColumnType<object, string, string>;
    metadata: ColumnType<Record<string, unknown>, string, string>;
    created_at: Date;
    at_server: Generated<boolean>;
    has_pin: Generated<boolean>;
  };
  phone_numbers: {
    number: string;
    organization_id: number;
    carrier: string;
    agent_id: number | null;
    created_at: Date;
  };
  received_messages: {
    carrier: string;
    carrier_message_id: string;
    conversation_id: number;
    received_at: Date;
  };
  sip_trunks: {
    id: string;
    organization_id: number;
    direction: string;
    name: string;
    address: string | null;
    numbers: string[];
    metadata: ColumnType<Record<string, unknown>, string, string>;
    created_at: Date;
    at_server: Generated<boolean>;
  };
}
