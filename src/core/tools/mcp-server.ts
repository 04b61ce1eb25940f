/** A server of tools that an agent may use (Model Context Protocol, streamable HTTP). */
export interface McpServer {
  readonly id: number;
  readonly agentId: number;
  readonly name: string;
  readonly url: string;
  readonly createdAt: Date;
}

export interface ArmedMcpServer {
  readonly server: McpServer;
  /** Of the header Authorization; null where it wants none. */
  readonly sealedAuthorization: string | null;
}
