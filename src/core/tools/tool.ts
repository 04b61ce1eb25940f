/** What every agent can do without a server of anybody's; each may be switched off. */
export const BUILT_IN_TOOLS = [
  'end_call',
  'transfer_to_human',
  'book_slot',
  'take_callback',
  'look_up_knowledge',
] as const;
export type BuiltInTool = (typeof BUILT_IN_TOOLS)[number];
/** What is looked up is looked up in the agent's documents; without any there is nothing to offer. */
export const LOOK_UP = 'look_up_knowledge' satisfies BuiltInTool;
/** Whoever asks never to be called again is heard by every agent. */
export const DO_NOT_CALL = 'do_not_call';

/** An agent that books cancels and moves what its caller has booked. */
export const CANCEL_SLOT = 'cancel_slot';
export const MOVE_SLOT = 'move_slot';
const WITH_BOOK_SLOT = [CANCEL_SLOT, MOVE_SLOT];

/** What an agent is offered with these switched on. */
export function builtInNames(switchedOn: readonly BuiltInTool[]): ReadonlySet<string> {
  return new Set([...switchedOn, DO_NOT_CALL, ...(switchedOn.includes('book_slot') ? WITH_BOOK_SLOT : [])]);
}

export function isBuiltIn(name: string): boolean {
  return name === DO_NOT_CALL || WITH_BOOK_SLOT.includes(name) || BUILT_IN_TOOLS.some((one) => one === name);
}

/** Something that an agent may have done by somebody else's server. */
export interface Tool {
  readonly id: number;
  readonly organizationId: number;
  readonly agentId: number;
  /** As the model calls it. */
  readonly name: string;
  readonly description: string;
  readonly requiredParams: readonly string[];
  readonly optionalParams: readonly string[];
  /** JSON schema of all parameters, in place of the names; null: the names are texts. */
  readonly parameters: Readonly<Record<string, unknown>> | null;
  /** Whether the caller agrees before it runs; null: its name and description decide. */
  readonly confirm: boolean | null;
  readonly webhookUrl: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type ToolSettings = Pick<
  Tool,
  'name' | 'description' | 'requiredParams' | 'optionalParams' | 'parameters' | 'confirm' | 'webhookUrl'
>;

/**
 * `unknown`: it was asked for, and no answer came; it may have been done, and is never done again. `unconfirmed`: it was not
 * done, because the caller had not agreed to it.
 */
export type ToolStatus = 'running' | 'ok' | 'failed' | 'unknown' | 'unconfirmed';

/** One decision for a tool, and what became of it. */
export interface ToolExecution {
  readonly id: number;
  /** Null: in a talk in text. */
  readonly callSid: string | null;
  readonly conversationId: number | null;
  readonly key: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly status: ToolStatus;
  readonly output: string | null;
  readonly startedAt: Date;
  readonly durationMs: number | null;
}
