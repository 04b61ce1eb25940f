// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { Generated, GeneratedAlways } from 'kysely';

export interface PeopleTables {
  bookings: {
    id: GeneratedAlways<number>;
    organization_id: number;
    at: Date;
    name: string | null;
    number: string | null;
    notes: string | null;
    person_id: number | null;
    held_until: Date | null;
    created_at: Date;
    conversation_id: number | null;
    canceled_at: Date | null;
  };
  consents: {
    id: GeneratedAlways<number>;
    organization_id: number;
    person_id: number | null;
    number_hash: string | null;
    given: boolean;
    source: string;
    wording: string | null;
    purpose: string | null;
    evidence: string | null;
    at: Date;
    last_used_at: Date | null;
    revoked_at: Date | null;
    revoked_how: string | null;
  };
  do_not_call: {
    organization_id: number;
    number: string;
    campaign_id: number | null;
    source: string;
    at: Date;
    id: GeneratedAlways<number>;
  };
  person_ids: {
    organization_id: number;
    outside_id: string;
    person_id: number;
  };
  person_numbers: {
    organization_id: number;
    number: string;
    person_id: number;
  };
  persons: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string | null;
    language: string | null;
    time_zone: string | null;
    do_not_call_at: Date | null;
    created_at: Generated<Date>;
    postal_code: string | null;
    region: string | null;
    country: string | null;
    time_zone_from: string | null;
  };
  suppressed_numbers: {
    organization_id: number;
    number_hash: string;
    at: Date;
  };
}
