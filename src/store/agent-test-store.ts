import type { Kysely, Selectable } from 'kysely';
import type { AgentTest } from '#core/agent-tests/agent-test.ts';
import type { AgentTestStore } from '#core/agent-tests/agent-test-store.ts';
import { countAll } from './sql.ts';
import type { Database } from './schema.ts';

export class PostgresAgentTestStore implements AgentTestStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(test: Omit<AgentTest, 'id'>): Promise<AgentTest> {
    const row = await this.#db
      .insertInto('agent_tests')
      .values({
        organization_id: test.organizationId,
        agent_id: test.agentId,
        call_id: test.callId,
        seq: test.seq,
        name: test.name,
        expectation: test.expectation,
        created_by: test.createdBy,
        created_at: test.createdAt,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toTest(row);
  }

  async find(agentId: number, id: number): Promise<AgentTest | null> {
    const row = await this.#db
      .selectFrom('agent_tests')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toTest(row) : null;
  }

  async list(agentId: number): Promise<readonly AgentTest[]> {
    const rows = await this.#db
      .selectFrom('agent_tests')
      .selectAll()
      .where('agent_id', '=', agentId)
      .orderBy('id')
      .execute();
    return rows.map(toTest);
  }

  count(agentId: number): Promise<number> {
    return countAll(this.#db.selectFrom('agent_tests').where('agent_id', '=', agentId));
  }

  async delete(agentId: number, id: number): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('agent_tests')
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .executeTakeFirst();
    return result.numDeletedRows === 1n;
  }
}

function toTest(row: Selectable<Database['agent_tests']>): AgentTest {
  return {
    id: row.id,
    organizationId: row.organization_id,
    agentId: row.agent_id,
    callId: row.call_id,
    seq: row.seq,
    name: row.name,
    expectation: row.expectation,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
