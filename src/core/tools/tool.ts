/** Tools that need no webhook; each can be disabled per agent. */
export const BUILT_IN_TOOLS = [
  'end_call',
  'transfer_to_human',
  'book_slot',
  'take_callback',
  'look_up_knowledge',
] as const;
export type BuiltInTool = (typeof BUILT_IN_TOOLS)[number];
/** Searches the agent's documents; not offered without documents. */
export const LOOK_UP = 'look_up_knowledge' satisfies BuiltInTool;
/** Every agent can record a do-not-call request. */
export const DO_NOT_CALL = 'do_not_call';

/** Agents that can book can also cancel and move the caller's bookings. */
export const CANCEL_SLOT = 'cancel_slot';
export const MOVE_SLOT = 'move_slot';
const WITH_BOOK_SLOT = [CANCEL_SLOT, MOVE_SLOT];

/** The built-in tools of an agent with these enabled. */
export function builtInNames(switchedOn: readonly BuiltInTool[]): ReadonlySet<string> {
  return new Set([...switchedOn, DO_NOT_CALL, ...(switchedOn.includes('book_slot') ? WITH_BOOK_SLOT : [])]);
}

export function isBuiltIn(name: string): boolean {
  return name === DO_NOT_CALL || WITH_BOOK_SLOT.includes(name) || BUILT_IN_TOOLS.some((one) => one === name);
}

/** A tool that runs on a customer's server. */
export interface Tool {
  readonly id: number;
  readonly organizationId: number;
  readonly agentId: number;
  /** The name that the model uses. */
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
 * `unknown`: no answer came; the tool may have run and is never repeated. `unconfirmed`: it did not run, because the
 * caller
 * had not agreed.
 */
export type ToolStatus = 'running' | 'ok' | 'failed' | 'unknown' | 'unconfirmed';

/** One tool call and its result. */
export interface ToolExecution {
  readonly id: number;
  /** Null if it ran in text. */
  readonly callSid: string | null;
  readonly conversationId: number;
  readonly key: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly status: ToolStatus;
  readonly output: string | null;
  readonly startedAt: Date;
  readonly durationMs: number | null;
}
