import { type McpServer, type ArmedMcpServer } from './mcp-server.ts';

export interface McpServerStore {
  insert(server: {
    readonly organizationId: number;
    readonly agentId: number;
    readonly name: string;
    readonly url: string;
    readonly sealedAuthorization: string | null;
    readonly at: Date;
  }): Promise<McpServer>;
  /** Oldest first. */
  list(agentId: number): Promise<readonly ArmedMcpServer[]>;
  delete(agentId: number, id: number, at: Date): Promise<boolean>;
}
