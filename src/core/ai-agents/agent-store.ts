import type { Page, Listed } from '../kernel/page.ts';
import type { AgentDraft, AgentVersion } from './agent-version.ts';
import type { AgentSettings, AgentType, AiAgent } from './ai-agent.ts';

export interface AgentStore {
  /** Its first version is published `by` an actor. */
  insert(organizationId: number, settings: AgentSettings, isDefault: boolean, at: Date, by?: string): Promise<AiAgent>;
  find(organizationId: number, id: number): Promise<AiAgent | null>;
  /** The same, locked until the transaction ends. */
  lock(organizationId: number, id: number): Promise<AiAgent | null>;
  /**
   * Also finds deleted agents, which running calls and old conversations still use. With a version: as it was then.
   */
  evenDeleted(id: number, version?: number | null): Promise<AiAgent | null>;
  /** Also finds deleted agents; unknown ones are missing. */
  among(organizationId: number, ids: readonly number[]): Promise<readonly AiAgent[]>;
  default(organizationId: number): Promise<AiAgent | null>;
  /** Oldest first. */
  list(organizationId: number, filter: AgentFilter, page: Page): Promise<Listed<AiAgent>>;
  /** Publishes the change as the next version. Null if the agent does not exist. */
  update(
    organizationId: number,
    id: number,
    change: Partial<AgentSettings>,
    how: { readonly at: Date; readonly by: string; readonly note: string | null },
  ): Promise<AiAgent | null>;
  version(id: number, version: number): Promise<AgentVersion | null>;
  /** Newest first. */
  versions(id: number, page: Page): Promise<readonly AgentVersion[]>;
  draft(id: number): Promise<AgentDraft | null>;
  keepDraft(id: number, draft: AgentDraft): Promise<void>;
  /** False if there is none. */
  dropDraft(id: number): Promise<boolean>;
  /** Stores the agent's last vendor error; null clears it. */
  noteError(id: number, error: AiAgent['lastError']): Promise<void>;
  /** Counts answers in text; those of calls are in the calls' facts. */
  count(id: number, requests: number, responseMs: number, at: Date): Promise<void>;
  activity(id: number): Promise<AgentActivity>;
  /** Deletes and returns the agent; null if it does not exist. */
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
