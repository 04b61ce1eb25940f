import type { AgentTest } from './agent-test.ts';

export interface AgentTestStore {
  insert(test: Omit<AgentTest, 'id'>): Promise<AgentTest>;
  find(agentId: number, id: number): Promise<AgentTest | null>;
  /** Oldest first. */
  list(agentId: number): Promise<readonly AgentTest[]>;
  count(agentId: number): Promise<number>;
  /** False if there is none. */
  delete(agentId: number, id: number): Promise<boolean>;
}
