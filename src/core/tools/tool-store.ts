import type { Listed, Page } from '../kernel/page.ts';
import type { Tool, ToolExecution, ToolSettings, ToolStatus } from './tool.ts';

export type NewTool = ToolSettings & {
  readonly organizationId: number;
  readonly agentId: number;
  readonly sealedSecret: string;
  readonly at: Date;
};

/** A tool with its signing secret. */
export interface ArmedTool {
  readonly tool: Tool;
  readonly sealedSecret: string;
}

/** The conversation in which a tool runs. `call`: on a running call, in this epoch of its ownership. */
export interface ToolLocation {
  readonly conversationId: number;
  readonly call?: { readonly id: number; readonly epoch: number };
}

export type NewExecution = ToolLocation & {
  readonly key: string;
  readonly toolId: number | null;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly startedAt: Date;
};

export interface ToolStore {
  /** Null if the agent has a tool of that name. */
  insert(tool: NewTool): Promise<Tool | null>;
  find(agentId: number, id: number): Promise<Tool | null>;
  /** Oldest first. */
  list(agentId: number): Promise<readonly ArmedTool[]>;
  /** `taken` when the agent has another of that name. */
  update(
    agentId: number,
    id: number,
    change: Partial<ToolSettings> & { readonly sealedSecret?: string },
    at: Date,
  ): Promise<Tool | 'taken' | null>;
  delete(agentId: number, id: number, at: Date): Promise<boolean>;
  /**
   * Starts an execution. False if its key exists: the tool call was decided before and must not run again. Also false
   * if the call has ended or another server has taken it over: the new owner answers the caller.
   */
  begin(execution: NewExecution): Promise<boolean>;
  finish(
    conversationId: number,
    key: string,
    end: { readonly status: ToolStatus; readonly output: string; readonly durationMs: number },
  ): Promise<void>;
  /** Marks the running executions of a call whose server stopped as `unknown`, and returns them. */
  lose(conversationId: number): Promise<readonly { readonly key: string; readonly name: string }[]>;
  /** Newest first. */
  executions(toolId: number, page: Page): Promise<Listed<ToolExecution>>;
  executionsOf(conversationId: number): Promise<readonly ToolExecution[]>;
}
