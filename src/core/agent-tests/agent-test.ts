/** A turn of a call that is kept as a test of an agent. It holds no words of the call: they are read from it. */
export interface AgentTest {
  readonly id: number;
  readonly organizationId: number;
  readonly agentId: number;
  readonly callId: number;
  /** The caller's entry that is answered, in the call's order. */
  readonly seq: number;
  readonly name: string;
  /** What a good answer says, in a person's words. */
  readonly expectation: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What came of a test. */
export interface AgentTestRun {
  /** The caller's last words before the answer. */
  readonly question: string;
  /** What the agent said on the call; null: it said nothing. */
  readonly recorded: string | null;
  readonly answer: string;
  /** Tools that the agent calls in its answer. A test does not execute them. */
  readonly toolCalls: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
  readonly model: string;
  readonly tookMs: number;
}
