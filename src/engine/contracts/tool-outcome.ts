export interface ToolOutcome {
  readonly status: 'ok' | 'failed' | 'unknown';
  readonly output: string;
  /** The caller waits for a person from now on. */
  readonly waitForHuman?: boolean;
  /** Somebody takes the call over: the agent says so, and ends its own part. */
  readonly transfers?: boolean;
}
