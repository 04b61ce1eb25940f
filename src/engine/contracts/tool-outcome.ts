import type { ToolResultStatus } from './language-model.ts';

export interface ToolOutcome {
  readonly status: ToolResultStatus;
  readonly output: string;
  /** The caller waits for a person from now on. */
  readonly waitForHuman?: boolean;
  /** Somebody takes the call over: the agent says so, and ends its own part. */
  readonly transfers?: boolean;
}
