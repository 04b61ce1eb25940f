import type { Pool } from 'pg';
import { FACTS } from './facts.ts';

/** Records that operations of the APIs made before the rest is filled in, in the form of their ids. */
export interface Made {
  readonly campaignId: string;
  readonly importId: string;
  readonly doNotCallImportId: string;
  readonly batchId: string;
  readonly ruleId: string;
  readonly trunkId: string;
  readonly voiceId: string;
}

/** Ids of records that the operations are asked about. */
export interface Filled extends Made {
  readonly organizationId: number;
  readonly agentId: number;
  readonly callId: number;
  readonly callSid: string;
  readonly conversationId: number;
  readonly phoneNumber: string;
  readonly userId: number;
  readonly personId: number;
  readonly personName: string;
  /** By API. */
  readonly webhookIds: Readonly<Record<string, number>>;
  readonly toolId: number;
  readonly documentId: number;
}

const AGENTS = 50;
const USERS = 100;
const RUNNING = 20;
const STATEMENT_MS = 3_600_000;
/** Tables whose rows grow with the calls. */
const LARGE = `'{persons,person_numbers,calls,conversations,legs,participants,entries,events,usage_lines,call_facts,
  call_rollups,campaign_rollups,tool_executions,webhook_deliveries,leads}'::regclass[]`;
/** A year of calls; the newest ended a minute ago. */
const SPAN = '365 days';

/** The statuses of ended calls, of a hundred. */
const STATUSES = `(array_fill('completed'::text, array[60]) || array_fill('no-answer'::text, array[20]) || array_fill('voicemail'::text, array[8])
  || array_fill('busy'::text, array[5]) || array_fill('refused'::text, array[4]) || array_fill('canceled'::text, array[2]) || array_fill('broken'::text, array[1]))`;

/**
 * Fills the first organization of a fresh database with `calls` calls and what belongs to them: a person for four
 * calls, three entries, two events, two usage lines and a delivery to each of two webhooks, a tool execution for ten, a
 * text conversation of four messages for ten, a lead of one campaign for each, which placed two calls of five.
 * Distributions are fixed, so that two runs hold the same records.
 */
export async function fill(pool: Pool, organizationId: number, calls: number, made: Made): Promise<Filled> {
  const org = organizationId;
  const people = Math.ceil(calls / 4);
  const campaign = made.campaignId.replace(/\D/g, '');
  const texts = Math.ceil(calls / 10);
  const client = await pool.connect();
  // The pool's own limit is below what a statement over a million rows takes.
  const patiently = (text: string) => ({ text, query_timeout: STATEMENT_MS });
  const run = async (text: string) => void (await client.query(patiently(text)));
  const one = async (text: string): Promise<Record<string, unknown>> =>
    (await client.query(patiently(text))).rows[0] as Record<string, unknown>;
  const at = `now() - interval '1 minute' - (${calls} - i) * interval '${SPAN}' / ${calls}`;
  try {
    await run('set statement_timeout = 0');
    await run('set synchronous_commit = off');
    // Without checks of foreign keys: the records are made to fit.
    await run('set session_replication_role = replica');
    await run(`set maintenance_work_mem = '512MB'`);
    await run(`set work_mem = '256MB'`);
    // An index is made faster of all rows at once.
    const indexes = (
      await client.query<{ name: string; definition: string }>(`select indexrelid::regclass::text as name,
        pg_get_indexdef(indexrelid) as definition from pg_index
        where indrelid = any(${LARGE}) and not exists (select from pg_constraint where conindid = indexrelid)`)
    ).rows;
    for (const { name } of indexes) await run(`drop index ${name}`);
    await run(`insert into ai_agents (organization_id, name, system_prompt, voice_provider, voice_id,
      model_provider, model_name, silence_threshold_ms, type, is_active)
      select ${org}, 'Agent ' || i, 'You are agent ' || i, 'offline', 'flite', 'offline', 'rules', 800,
        (array['conversation','conversation','input','memory','output'])[1 + i % 5],
        i % 7 <> 0 from generate_series(1, ${AGENTS}) i`);
    await run(`insert into users (organization_id, email, name, role, password_hash)
      select ${org}, 'user' || i || '@scale.example', 'User ' || i,
      (array['agent','agent','viewer','manager'])[1 + i % 4], 'x' from generate_series(1, ${USERS}) i`);
    const agents = `(select array_agg(id order by id) from ai_agents where name like 'Agent %')`;
    const users = `(select array_agg(id order by id) from users where email like 'user%@scale.example')`;
    await run(`create temporary table seen as select ${agents} as agents, ${users} as users, ${STATUSES} as statuses,
      (select coalesce(max(id), 0) from persons) as person0, (select coalesce(max(id), 0) from calls) as call0`);
    await run(
      `insert into persons (organization_id, name) select ${org}, 'Person ' || i from generate_series(1,
      ${people}) i`,
    );
    await run(`insert into person_numbers (organization_id, number, person_id)
      select ${org}, '+1555' || lpad(i::text, 8, '0'), person0 + i from generate_series(1, ${people}) i, seen`);
    await run(`insert into calls (sid, organization_id, agent_id, agent_version, person_id, user_id, campaign_id,
      direction, carrier, from_number, to_number, status, end_reason, placed_at, answered_at, ended_at,
        ring_timeout_ms, owner, epoch, lease_until, transcribed, recorded)
      select 'CA' || md5('call' || i), ${org}, agents[1 + i % ${AGENTS}], 1, person0 + 1 + i % ${people},
      users[1 + i % ${USERS}],
        case when i % 5 <> 0 and i % 2 = 0 then ${campaign} end,
        case i % 5 when 0 then 'inbound' else 'outbound' end, 'simulator',
        case i % 5 when 0 then '+1555' || lpad((1 + i % ${people})::text, 8, '0') else '+15550000000' end,
        case i % 5 when 0 then '+15550000000' else '+1555' || lpad((1 + i % ${people})::text, 8, '0') end,
        case when i > ${calls} - ${RUNNING} then 'answered' else statuses[1 + (i * 7) % 100] end, 'hung_up',
        ${at}, ${at} + interval '5 seconds', case when i > ${calls} - ${RUNNING} then null else ${at} + interval '90 seconds' end,
        30000, 'elsewhere', 1, case when i > ${calls} - ${RUNNING} then now() + interval '1 day' end, true, false
      from generate_series(1, ${calls}) i, seen`);
    await run(`insert into conversations (organization_id, agent_id, person_id, user_id, call_id, started_by,
      created_at, last_message_at)
      select organization_id, agent_id, person_id, case direction when 'inbound' then from_number else to_number end, id, user_id, placed_at, coalesce(ended_at, placed_at)
      from calls, seen where id > call0 order by id`);
    await run(`insert into legs (call_id, kind, carrier, address, status, cause, created_at, answered_at, ended_at)
      select id, 'person', carrier, case direction when 'inbound' then from_number else to_number end,
        case when ended_at is null then 'answered' else 'ended' end, end_reason, placed_at, answered_at, ended_at
      from calls, seen where id > call0 order by id`);
    await run(`insert into participants (call_id, leg_id, agent_id, role, joined_at, left_at)
      select call_id, case role when 'person' then legs.id end, case role when 'ai-agent' then calls.agent_id end,
      role,
        legs.answered_at, legs.ended_at
      from legs join calls on calls.id = legs.call_id, seen, unnest(array['person', 'ai-agent']) role
      where call_id > call0`);
    await run(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at, agent_id)
      select id, n, (array['agent','caller','agent'])[n], (array['Hello,
      this is Ada of Brightline. Do you have a minute?','Yes,
      what is it about?','A scheduling tool that costs ten dollars a month.'])[n], n * 4000, n * 4000 + 3000,
        created_at, case n when 2 then null else agent_id end
      from conversations, seen, generate_series(1, 3) n where call_id > call0`);
    await run(`insert into events (organization_id, type, conversation_id, payload, at, position)
      select ${org}, (array['call.started','call.ended'])[n], id, jsonb_build_object('type',
      (array['call.started','call.ended'])[n], 'callId', call_id, 'data', '{}'::jsonb), created_at,
        (select position from event_feed) + (call_id - call0) * 2 + n
      from conversations, seen, generate_series(1, 2) n where call_id > call0`);
    await run(`update event_feed set position = (select max(position) from events)`);
    await run(`insert into usage_lines (call_id, provider, unit, units, cost_micros)
      select id, 'deepgram', unit, 90000, 11550 from calls, seen,
      unnest(array['milliseconds','characters']) unit where id > call0`);
    for (const statement of FACTS) await run(statement);
    await run(`insert into tools (organization_id, agent_id, name, description, required_params, optional_params,
      webhook_url, secret, created_at, updated_at)
      select ${org}, agents[1], 'look_up_' || i, 'Looks up', '{}', '{}', 'http://example.com/', 'x', now(),
      now() from generate_series(1, 20) i, seen`);
    await run(`insert into tool_executions (conversation_id, key, tool_id, name, input, status, output, started_at,
      duration_ms)
      select id, 'k', (select min(id) from tools), 'look_up_1', '{}', 'ok', 'found', created_at,
      20 from conversations, seen where call_id > call0 and call_id % 10 = 0`);
    await run(`insert into webhooks (organization_id, api, url, events, secret, created_at, deleted_at)
      select ${org}, api, 'http://example.com/', '{call.ended}', 'x', now(), null from unnest(array['sales-agent',
      'call-center']) api`);
    await run(`insert into webhook_deliveries (webhook_id, event_id, lane, state, attempts, created_at)
      select w.id, e.id, e.payload->>'callId', 'delivered', 1, e.at from events e, seen, webhooks w
      where (e.payload->>'callId')::bigint > call0 and (e.type, w.api) in (('call.ended', 'sales-agent'),
      ('call.started', 'call-center'))`);
    await run(`insert into conversations (organization_id, agent_id, person_id, user_id, name, created_at,
      last_message_at)
      select ${org}, agents[1 + i % ${AGENTS}], person0 + 1 + i % ${people}, 'client_' || i % ${people},
      'talk ' || i, now() - (${texts} - i) * interval '${SPAN}' / ${texts},
      now() - (${texts} - i) * interval '${SPAN}' / ${texts}
      from generate_series(1, ${texts}) i, seen`);
    await run(`insert into entries (conversation_id, role, text, at)
      select id, (array['caller','agent','caller','agent'])[n], 'What does it cost?',
      last_message_at from conversations, generate_series(1, 4) n where call_id is null and name like 'talk %'`);
    await run(`insert into documents (organization_id, agent_id, name, file_type, source, file_key, chunk_size,
      chunks, created_at, indexed_at)
      select ${org}, agents[1], 'document ' || i, 'txt', 'text', 'documents/' || i, 500, 0, now(),
      now() from generate_series(1, 200) i, seen`);
    await run(`insert into calling_places (regions, zones, always_open)
      values ('{US-NY}', '{America/New_York}', false) on conflict do nothing`);
    await run(`insert into leads (organization_id, campaign_id, number, name, place_id, status, reason, due_at,
        created_at, updated_at)
      select ${org}, ${campaign}, '+1212' || lpad(i::text, 8, '0'), 'Lead ' || i,
        (select id from calling_places where zones = '{America/New_York}' and not always_open limit 1),
        (array['ready','waiting','done'])[1 + i % 3], (array[null,'resting','answered'])[1 + i % 3],
        now() + (i % 3 % 2) * (1 + i % 72) * interval '1 hour', now(), now()
      from generate_series(1, ${calls}) i`);
    await run(`with gone as (delete from lead_counts returning *)
      insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
      select campaign_id, place_id, status, reason, attempted, sum(leads) from gone group by 1, 2, 3, 4, 5`);
    for (const { definition } of indexes) await run(definition);
    // As the database does by itself while it runs.
    await run('vacuum analyze');
    await run('checkpoint');
    const row = await one(`select (select agents[1] from seen) as agent, c.id as call, c.sid, c.to_number as number,
        c.person_id as person, (select id from conversations where call_id = c.id) as conversation,
        (select users[1] from seen) as "user", (select json_object_agg(api, id) from webhooks) as webhooks,
        (select min(id) from tools) as tool, (select min(id) from documents) as document
      from calls c, seen where c.id > call0 and c.direction = 'outbound'
      and c.status = 'completed' order by c.id offset ${Math.floor(calls / 5)} limit 1`);
    await run('drop table seen');
    return {
      ...made,
      organizationId,
      agentId: Number(row['agent']),
      callId: Number(row['call']),
      callSid: String(row['sid']),
      conversationId: Number(row['conversation']),
      phoneNumber: String(row['number']),
      userId: Number(row['user']),
      personId: Number(row['person']),
      personName: String(row['number']),
      webhookIds: row['webhooks'] as Record<string, number>,
      toolId: Number(row['tool']),
      documentId: Number(row['document']),
    };
  } finally {
    client.release(true);
  }
}
