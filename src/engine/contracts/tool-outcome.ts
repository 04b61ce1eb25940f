import type { ToolResultStatus } from './language-model.ts';

export interface ToolOutcome {
  readonly status: ToolResultStatus;
  readonly output: string;
  /** From now on the caller waits for a human agent. */
  readonly waitForHuman?: boolean;
  /** The call is transferred: the agent announces it and leaves the call. */
  readonly transfers?: boolean;
}
