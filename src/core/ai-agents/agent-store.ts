import type { Page, Listed } from '../kernel/page.ts';
import type { AgentSettings, AgentType, AiAgent } from './ai-agent.ts';

export interface AgentStore {
  insert(organizationId: number, settings: AgentSettings, isDefault: boolean, at: Date): Promise<AiAgent>;
  find(organizationId: number, id: number): Promise<AiAgent | null>;
  /** Also agents that were deleted: running calls and old conversations keep theirs. */
  evenDeleted(id: number): Promise<AiAgent | null>;
  default(organizationId: number): Promise<AiAgent | null>;
  /** Oldest first. */
  list(organizationId: number, filter: AgentFilter, page: Page): Promise<Listed<AiAgent>>;
  /** Null when there is none. */
  update(organizationId: number, id: number, change: Partial<AgentSettings>, at: Date): Promise<AiAgent | null>;
  /** What a vendor last refused on its behalf; null: its model answers. */
  noteError(id: number, error: AiAgent['lastError']): Promise<void>;
  /** It has answered so often, and took so long over all of it. */
  count(id: number, requests: number, responseMs: number, at: Date): Promise<void>;
  activity(id: number): Promise<AgentActivity>;
  /** The agent as it was; null when there is none (any more). */
  delete(organizationId: number, id: number, at: Date): Promise<AiAgent | null>;
}

export interface AgentActivity {
  readonly requests: number;
  readonly responseMs: number;
  readonly lastAt: Date | null;
}

export interface AgentFilter {
  readonly type?: AgentType;
  readonly isActive?: boolean;
}
