import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeCallRecord } from '#core/calls/call-record.ts';
import { recordingFiles } from '#core/calls/recording.ts';
import { wavHeader } from '#engine/audio/wav.ts';
import { until, type TestServer } from './server.ts';

const DEAD_SERVER = 'a server that died';

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
export async function fillTalk(server: TestServer, turns: number, name = 'long talk'): Promise<number> {
  const id = await putCall(server, {
    name,
    to: '+15550000000',
    columns: `status, placed_at, answered_at, owner, epoch, lease_until, recorded`,
    values: `'answered', now() - interval '2 hours', now() - interval '2 hours', 'elsewhere', 1,
      now() + interval '1 day', false`,
  });
  await putTurns(server, id, turns);
  return id;
}

const RATE = 8000;
const TURN_S = 2.4;
const WAV_HEADER = 44;

/** An ended call of two hours with so many turns and a recording of silence. */
export async function fillLongCall(server: TestServer, turns: number): Promise<{ readonly id: number }> {
  const key = 'recordings/of-two-hours.au';
  const id = await putCall(server, {
    name: 'two hours',
    to: '+15550000001',
    columns: `status, end_reason, placed_at, answered_at, ended_at, recorded, recording_key, recording_offset_ms`,
    values: `'completed', 'completed', now() - interval '2 hours', now() - interval '2 hours', now(), true,
      '${key}', 0`,
  });
  await putTurns(server, id, turns);
  const made = recordingFiles(key);
  const seconds = Math.ceil(turns * TURN_S) + 1;
  const path = (file: string) => join(server.filesDir, file);
  mkdirSync(dirname(path(key)), { recursive: true });
  const bytes = seconds * RATE * 2 * 2;
  writeFileSync(path(made.wav), wavHeader(RATE, 2, bytes));
  // Zeros that take no room on the disk.
  truncateSync(path(made.wav), WAV_HEADER + bytes);
  const peaks = Array.from({ length: seconds * 50 }, (_, at) => [(at * 7) % 90, (at * 3) % 70]);
  writeFileSync(path(made.peaks), JSON.stringify(peaks));
  return { id };
}

/** A call to this number, with a conversation. Returns its id. */
async function putCall(
  server: TestServer,
  {
    name,
    to,
    columns,
    values,
  }: { readonly name: string; readonly to: string; readonly columns: string; readonly values: string },
): Promise<number> {
  const [row] = await server.database(`with made as (
      insert into calls (sid, organization_id, agent_id, direction, carrier, to_number, ring_timeout_ms, transcribed,
        ${columns})
      select 'CA' || md5('${name}'), organization_id, id, 'outbound', 'simulator', '${to}', 30000, true, ${values}
      from (select id, organization_id from ai_agents order by id limit 1) agents
      returning id, organization_id, agent_id)
    insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
    select organization_id, agent_id, id, now(), now() from made returning call_id`);
  return Number(row!['call_id']);
}

/** Turns of the caller and the agent in turn, each begun 2.4 s after the last. */
const putTurns = (server: TestServer, callId: number, turns: number): Promise<unknown> =>
  server.database(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at)
    select c.id, i, case i % 2 when 0 then 'agent' else 'caller' end, 'Turn ' || i, i * ${TURN_S * 1000},
      i * ${TURN_S * 1000} + 2000, now()
    from generate_series(1, ${turns}) i, conversations c where c.call_id = ${callId}`);

/** One more entry of a filled call. */
export async function addEntry(
  server: TestServer,
  callId: number,
  role: 'caller' | 'agent' | 'tool-call' | 'tool-result',
  text: string,
  detail: object = {},
): Promise<void> {
  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;
  await server.database(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at, detail)
    select c.id, max(e.seq) + 1, '${role}', ${quoted(text)}, max(e.end_ms) + 100, max(e.end_ms) + 900, now(),
      ${quoted(JSON.stringify(detail))}
    from conversations c join entries e on e.conversation_id = c.id where c.call_id = ${callId} group by c.id`);
}

/** So many events of what was said on a call. */
export async function fillEvents(server: TestServer, callId: number, events: number): Promise<void> {
  await server.database(`insert into events (organization_id, conversation_id, type, payload)
    select organization_id, id, 'message.received', json_build_object('type', 'message.received', 'callId', call_id,
      'data', json_build_object('role', 'caller', 'text', 'Hm.', 'confidence', null))
    from conversations, generate_series(1, ${events}) where call_id = ${callId}`);
  await until('every event to have its place', 60_000, async () => {
    const [row] = await server.database('select count(*)::int as n from events where position is null');
    return row!['n'] === 0;
  });
}

/** The filled calls that run, newest first, or so many of them: each says what it is given, stored as a turn is. */
export async function runningCalls(
  server: TestServer,
  most: number | null = null,
): Promise<readonly ((text: string) => Promise<void>)[]> {
  const rows = await server.database(`select c.id, c.organization_id, c.agent_id, c.written, v.id as conversation
    from conversations v join calls c on c.id = v.call_id where c.owner = '${DEAD_SERVER}'
    order by c.id desc limit ${most ?? 'null'}`);
  return rows.map((row) => {
    const [id, organizationId, agentId, conversationId] = ['id', 'organization_id', 'agent_id', 'conversation'].map(
      (column) => Number(row[column]),
    ) as [number, number, number, number];
    let number = Number(row['written']);
    return async (text) => {
      const seq = number++;
      const result = await writeCallRecord(server.app.core, {
        number,
        call: { id, organizationId, agentId, conversationId },
        by: { owner: DEAD_SERVER, epoch: 1 },
        record: {
          kind: 'entry',
          entry: { seq, role: 'caller', text, startMs: seq * 1000, endMs: seq * 1000 + 800, detail: {} },
          latency: null,
          event: { type: 'message.received', callId: id, data: { role: 'caller', text, confidence: null } },
        },
      });
      if (result !== 'written') throw new Error(`The words of call ${id}: ${result}`);
    };
  });
}

/** So many calls that run on a server that no longer lives, with a lease that holds for now. Returns their numbers. */
export async function fillRunning(server: TestServer, calls: number, already = 0): Promise<readonly string[]> {
  const rows = await server.database(`insert into calls (sid, organization_id, agent_id, direction, carrier, to_number,
      status, placed_at, answered_at, ring_timeout_ms, owner, epoch, lease_until, transcribed, recorded)
    select 'CA' || md5('running' || i), organization_id, id, 'outbound', 'simulator', '+1556' || lpad(i::text, 7, '0'),
      'answered', now(), now(), 30000, '${DEAD_SERVER}', 1, now() + interval '1 day', true, false
    from generate_series(${already} + 1, ${already + calls}) i,
      (select id, organization_id from ai_agents order by id limit 1) agents
    returning id, organization_id, agent_id, to_number`);
  await server.database(`insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
    select organization_id, agent_id, id, now(), now() from calls
    where id in (${rows.map((row) => String(row['id'])).join()})`);
  return rows.map((row) => String(row['to_number']));
}

/** Ends the calls of `fillRunning`. */
export async function endRunning(server: TestServer): Promise<void> {
  await server.database("update calls set status = 'completed', ended_at = now() where to_number like '+1556%'");
}
