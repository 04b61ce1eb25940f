// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface Database {
  agent_activity: {
    agent_id: number;
    requests: number;
    response_ms: number;
    last_at: Date;
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
  };
  api_keys: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string;
    key_hash: string;
    role: string;
    created_at: Generated<Date>;
    user_id: number | null;
    configured: Generated<boolean>;
    revoked_at: Date | null;
  };
  attempts: {
    id: GeneratedAlways<number>;
    campaign_id: number;
    lead_id: number;
    call_id: number | null;
    dialled_at: Date;
    ended_at: Date | null;
    outcome: string | null;
  };
  audit: {
    id: GeneratedAlways<number>;
    organization_id: number;
    actor: string;
    action: string;
    subject: string;
    detail: ColumnType<object, string | undefined, string>;
    at: Generated<Date>;
  };
  batch_calls: {
    batch_id: number;
    position: number;
    organization_id: number;
    sid: string | null;
    number: string | null;
    input: ColumnType<object, string, string>;
    status: string;
    call_id: number | null;
    problem: string | null;
  };
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
  call_batches: {
    id: GeneratedAlways<number>;
    organization_id: number;
    actor: ColumnType<object, string, string>;
    delay_ms: number;
    created_at: Date;
    next_at: Date | null;
    leased_until: Date | null;
  };
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
  };
  call_origins: {
    call_id: number;
    room_name: string | null;
    trunk_id: string | null;
    play_ringtone: Generated<boolean>;
    metadata: ColumnType<Record<string, unknown>, string | undefined, string>;
  };
  call_reviews: {
    call_id: number;
    analysed_at: Date | null;
    sentiment: string | null;
    sentiment_score: number | null;
    intent: string | null;
    intent_confidence: number | null;
    keywords: Generated<string[]>;
    converted: boolean | null;
    quality: number | null;
    satisfaction: number | null;
    notes: string | null;
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
  };
  callbacks: {
    id: GeneratedAlways<number>;
    organization_id: number;
    person_id: number | null;
    number: string | null;
    wanted: string;
    due_at: Date | null;
    reason: string;
    created_at: Date;
    conversation_id: number;
  };
  calling_places: {
    id: GeneratedAlways<number>;
    regions: string[];
    zones: string[];
    always_open: boolean;
  };
  calling_rules: {
    organization_id: number;
    own: ColumnType<object, string, string>;
    overrides: ColumnType<object, string, string>;
    updated_at: Date;
  };
  calls: {
    id: GeneratedAlways<number>;
    sid: string;
    organization_id: number;
    agent_id: number;
    person_id: number | null;
    direction: string;
    carrier: string;
    carrier_call_id: string | null;
    from_number: string | null;
    to_number: string | null;
    status: string;
    end_reason: string | null;
    failure_reason: string | null;
    phase: Generated<string>;
    variables: ColumnType<Record<string, string>, string | undefined, string>;
    overrides: ColumnType<Record<string, unknown>, string | undefined, string>;
    spoken_by: ColumnType<Record<string, string>, string | undefined, string>;
    recorded: Generated<boolean>;
    recording_key: string | null;
    recording_offset_ms: number | null;
    placed_ms: number | null;
    latency: ColumnType<object | null, string | null, string | null>;
    placed_at: Date;
    answered_at: Date | null;
    ended_at: Date | null;
    ring_timeout_ms: number;
    owner: string | null;
    epoch: Generated<number>;
    lease_until: Date | null;
    created_at: Generated<Date>;
    user_id: number | null;
    recording_failure: string | null;
    recording_deleted_at: Date | null;
    transcript_deleted_at: Date | null;
    placed_sid: string | null;
    dialled_at: Date | null;
    transcribed: Generated<boolean>;
    carrier_recording_url: string | null;
    written: Generated<number>;
    announced_by: number | null;
    vendor_errors: ColumnType<object[], string | undefined, string>;
    turn_state: ColumnType<object | null, string | null, string | null>;
    turns: Generated<number>;
    waited_ms: Generated<number>;
    disposition: string | null;
    waiting_since: Date | null;
    ended_by: string | null;
    apart_offset_ms: number | null;
    campaign_id: number | null;
    not_after: Date | null;
  };
  campaign_pace: {
    campaign_id: number;
    dial_after: Date;
    served: number;
  };
  campaigns: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string;
    type: string | null;
    status: Generated<string>;
    agent_id: number | null;
    starts_at: Date | null;
    ends_at: Date | null;
    daily_cap: number | null;
    max_concurrent_calls: number | null;
    calls_per_second: number | null;
    weight: Generated<number>;
    settings: ColumnType<object, string, string>;
    started_at: Date | null;
    completed_at: Date | null;
    created_at: Date;
    updated_at: Date;
  };
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
  conversations: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number | null;
    person_id: number | null;
    user_id: string | null;
    name: string | null;
    call_id: number | null;
    started_by: number | null;
    created_at: Date;
    last_message_at: Date;
    busy_until: Date | null;
    tokens: Generated<number>;
    model: string | null;
    summary: string | null;
    summarized_at: Date | null;
    words_deleted_at: Date | null;
    busy_by: string | null;
    is_live: Generated<boolean>;
  };
  do_not_call: {
    organization_id: number;
    number: string;
    campaign_id: number | null;
    source: string;
    at: Date;
    id: GeneratedAlways<number>;
  };
  document_chunks: {
    document_id: number;
    seq: number;
    heading: string | null;
    body: string;
    embedding: Buffer | null;
    embedded_by: string | null;
    searched: string | null;
    words: GeneratedAlways<string>;
  };
  documents: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number;
    name: string;
    file_type: string;
    source: string;
    url: string | null;
    file_key: string;
    chunk_size: number;
    chunks: number;
    created_at: Date;
    indexed_at: Date;
    origin: string | null;
    content_hash: string | null;
  };
  entries: {
    id: GeneratedAlways<number>;
    conversation_id: number;
    seq: number | null;
    role: string;
    text: string;
    start_ms: number | null;
    end_ms: number | null;
    at: Date;
    detail: ColumnType<Record<string, unknown>, string | undefined, string>;
    metadata: ColumnType<Record<string, unknown> | null, string | null, string | null>;
    agent_id: number | null;
  };
  event_feed: {
    id: Generated<boolean>;
    position: number;
  };
  events: {
    id: GeneratedAlways<number>;
    organization_id: number;
    type: string;
    payload: ColumnType<object, string, string>;
    at: Generated<Date>;
    conversation_id: number | null;
    position: number | null;
  };
  idempotent_requests: {
    organization_id: number;
    actor: string;
    operation: string;
    key: string;
    request_hash: string;
    attempt: string;
    started_at: Date;
    subject: string | null;
    reply: string | null;
  };
  installation: {
    id: Generated<boolean>;
    encryption_fingerprint: string;
    created_at: Generated<Date>;
    admin_password_fingerprint: string | null;
  };
  lead_counts: {
    campaign_id: number;
    place_id: number;
    status: string;
    reason: string | null;
    attempted: boolean;
    leads: number;
  };
  leads: {
    id: GeneratedAlways<number>;
    organization_id: number;
    campaign_id: number;
    person_id: number | null;
    number: string;
    name: string | null;
    email: string | null;
    variables: ColumnType<Record<string, string>, string | undefined, string>;
    place_id: number;
    status: string;
    reason: string | null;
    due_at: Date;
    priority: Generated<number>;
    attempts: Generated<number>;
    last_outcome: string | null;
    lease_until: Date | null;
    lease_owner: string | null;
    import_id: number | null;
    created_at: Date;
    updated_at: Date;
  };
  legs: {
    id: GeneratedAlways<number>;
    call_id: number;
    kind: string;
    carrier: string;
    carrier_leg_id: string | null;
    address: string | null;
    status: string;
    cause: string | null;
    created_at: Date;
    answered_at: Date | null;
    ended_at: Date | null;
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
  media_servers: {
    id: string;
    url: string;
    free: number;
    running: number;
    seen_at: Date;
  };
  media_tokens: {
    token_hash: string;
    call_id: number;
    expires_at: Date;
    used_at: Date | null;
    reused_at: Date | null;
    strict: Generated<boolean>;
  };
  memory_preferences: {
    person_id: number;
    name: string;
    value: ColumnType<unknown, string, string>;
    updated_at: Date;
  };
  memory_topics: {
    id: GeneratedAlways<number>;
    person_id: number;
    topic: string;
    updated_at: Date;
  };
  organizations: {
    id: GeneratedAlways<number>;
    name: string;
    time_zone: Generated<string>;
    language: Generated<string>;
    currency: Generated<string>;
    created_at: Generated<Date>;
    plan: Generated<string>;
    recording_retention_days: number | null;
    transcript_retention_days: number | null;
    when_model_fails: Generated<string>;
  };
  participants: {
    id: GeneratedAlways<number>;
    call_id: number;
    leg_id: number | null;
    agent_id: number | null;
    role: string;
    joined_at: Date;
    left_at: Date | null;
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
  phone_numbers: {
    number: string;
    organization_id: number;
    carrier: string;
    agent_id: number | null;
    created_at: Date;
  };
  prices: {
    provider: string;
    unit: string;
    micros_per_million: number;
  };
  rate_limits: {
    key: string;
    points: Generated<number>;
    expire: number | null;
  };
  server_commands: {
    id: GeneratedAlways<number>;
    sender: string;
    receiver: string;
    call_id: number;
    command: ColumnType<object, string, string>;
    created_at: Generated<Date>;
    claimed_at: Date | null;
  };
  servers: {
    id: string;
    beat_at: Date;
    may_reap_at: Date;
  };
  sessions: {
    id: GeneratedAlways<number>;
    user_id: number;
    refresh_hash: string;
    expires_at: Date;
    revoked_at: Date | null;
    created_at: Generated<Date>;
  };
  settings: {
    name: string;
    value: string;
    updated_at: Date;
  };
  sign_in_failures: {
    account: string;
    place: string;
    failures: number;
    last_at: Date;
    next_at: Date | null;
  };
  sign_in_places: {
    user_id: number;
    network: string;
    last_at: Date;
  };
  suppressed_numbers: {
    organization_id: number;
    number_hash: string;
    at: Date;
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
  usage_lines: {
    call_id: number;
    provider: string;
    unit: string;
    units: number;
    cost_micros: number;
  };
  used_refresh_tokens: {
    refresh_hash: string;
    session_id: number;
    used_at: Generated<Date>;
  };
  users: {
    id: GeneratedAlways<number>;
    organization_id: number;
    email: string;
    name: string;
    role: string;
    status: Generated<string>;
    password_hash: string;
    preferences: ColumnType<Record<string, unknown>, string | undefined, string>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
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
  webhook_deliveries: {
    webhook_id: number;
    event_id: number;
    lane: string;
    state: Generated<string>;
    attempts: Generated<number>;
    last_attempt_at: Date | null;
    last_status: number | null;
    last_error: string | null;
    last_duration_ms: number | null;
    created_at: Generated<Date>;
  };
  webhook_lanes: {
    webhook_id: number;
    lane: string;
    version: Generated<number>;
    attempts: Generated<number>;
    due_at: Date | null;
    claimed_until: Date | null;
    touched_at: Generated<Date>;
  };
  webhooks: {
    id: GeneratedAlways<number>;
    organization_id: number;
    api: string;
    url: string;
    events: string[];
    agent_id: number | null;
    secret: string;
    created_at: Date;
    deleted_at: Date | null;
    receiver: GeneratedAlways<string>;
  };
}
