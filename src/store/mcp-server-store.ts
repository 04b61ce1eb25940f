import type { Kysely, Selectable } from 'kysely';
import type { ArmedMcpServer, McpServer } from '#core/tools/mcp-server.ts';
import type { McpServerStore } from '#core/tools/mcp-server-store.ts';
import type { Database } from './schema.ts';

export class PostgresMcpServerStore implements McpServerStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(server: Parameters<McpServerStore['insert']>[0]): Promise<McpServer> {
    const row = await this.#db
      .insertInto('mcp_servers')
      .values({
        organization_id: server.organizationId,
        agent_id: server.agentId,
        name: server.name,
        url: server.url,
        authorization_header: server.sealedAuthorization,
        created_at: server.at,
        deleted_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toServer(row);
  }

  async list(agentId: number): Promise<readonly ArmedMcpServer[]> {
    const rows = await this.#db
      .selectFrom('mcp_servers')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({ server: toServer(row), sealedAuthorization: row.authorization_header }));
  }

  async delete(agentId: number, id: number, at: Date): Promise<boolean> {
    const result = await this.#db
      .updateTable('mcp_servers')
      .set({ deleted_at: at })
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }
}

function toServer(row: Selectable<Database['mcp_servers']>): McpServer {
  return { id: row.id, agentId: row.agent_id, name: row.name, url: row.url, createdAt: row.created_at };
}
