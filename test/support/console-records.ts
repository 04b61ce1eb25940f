import type { TestServer } from './server.ts';

/** So many ended calls without words, newest last. */
export async function fillCalls(server: TestServer, calls: number): Promise<void> {
  await server.database(`with made as (
      insert into calls (sid, organization_id, agent_id, direction, carrier, to_number, status, end_reason,
        placed_at, answered_at, ended_at, ring_timeout_ms, transcribed, recorded)
      select 'CA' || md5('filled' || i), agents.organization_id, agents.id, 'outbound', 'simulator',
        '+1555' || lpad(i::text, 7, '0'), 'completed', 'completed',
        now() - (${calls} - i) * interval '1 second' - interval '1 day',
        now() - interval '1 day', now() - interval '1 day', 30000, true, false
      from generate_series(1, ${calls}) i, (select id, organization_id from ai_agents order by id limit 1) agents
      returning id, organization_id, agent_id, placed_at)
    insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
    select organization_id, agent_id, id, placed_at, placed_at from made`);
}

/** A call that runs on another server, with so many turns. Returns its id. */
export async function fillTalk(server: TestServer, turns: number): Promise<number> {
  const [row] = await server.database(`with made as (
      insert into calls (sid, organization_id, agent_id, direction, carrier, to_number, status, placed_at, answered_at,
        ring_timeout_ms, owner, epoch, lease_until, transcribed, recorded)
      select 'CA' || md5('long talk'), organization_id, id, 'outbound', 'simulator', '+15550000000', 'answered',
        now() - interval '2 hours', now() - interval '2 hours', 30000, 'elsewhere', 1,
        now() + interval '1 day', true, false
      from (select id, organization_id from ai_agents order by id limit 1) agents
      returning id, organization_id, agent_id),
    talk as (
      insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
      select organization_id, agent_id, id, now(), now() from made returning id, call_id)
    select id, call_id from talk`);
  const conversation = Number(row!['id']);
  await server.database(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at)
    select ${conversation}, i, case i % 2 when 0 then 'agent' else 'caller' end, 'Turn ' || i, i * 2400,
      i * 2400 + 2000, now()
    from generate_series(1, ${turns}) i`);
  return Number(row!['call_id']);
}

/** One more turn of a filled call. */
export async function sayMore(server: TestServer, callId: number, text: string): Promise<void> {
  await server.database(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at)
    select c.id, max(e.seq) + 1, 'caller', '${text.replaceAll("'", "''")}', max(e.end_ms) + 100,
      max(e.end_ms) + 900, now()
    from conversations c join entries e on e.conversation_id = c.id where c.call_id = ${callId} group by c.id`);
}

/** So many calls that run on a server that no longer lives, with a lease that holds for now. Returns their numbers. */
export async function fillRunning(server: TestServer, calls: number): Promise<readonly string[]> {
  const rows = await server.database(`insert into calls (sid, organization_id, agent_id, direction, carrier, to_number,
      status, placed_at, answered_at, ring_timeout_ms, owner, epoch, lease_until, transcribed, recorded)
    select 'CA' || md5('running' || i), organization_id, id, 'outbound', 'simulator', '+1556' || lpad(i::text, 7, '0'),
      'answered', now(), now(), 30000, 'a server that died', 1, now() + interval '1 day', true, false
    from generate_series(1, ${calls}) i, (select id, organization_id from ai_agents order by id limit 1) agents
    returning id, organization_id, agent_id, to_number`);
  for (const row of rows)
    await server.database(`insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
      values (${String(row['organization_id'])}, ${String(row['agent_id'])}, ${String(row['id'])}, now(), now())`);
  return rows.map((row) => String(row['to_number']));
}
