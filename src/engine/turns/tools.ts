import type { ToolArgs, ToolResultStatus } from '../contracts/language-model.ts';
import { emit, newId, record, type Step } from './machine.ts';
import type { AgentTurn, TurnState } from './state.ts';

/** Ends the call once the turn was heard. It does not run a tool, and late speech does not undo it. */
export const END_CALL = 'end_call';

/** Gives each tool request of a committed turn one key and one run. */
export function decideTool(step: Step, turn: AgentTurn, name: string, args: ToolArgs): void {
  const { state, policy } = step;
  if (name === END_CALL) {
    turn.endsCall = typeof args['reason'] === 'string' ? args['reason'] : 'completed';
    turn.interruptible = false;
    return;
  }
  const key = `tool-${newId(step)}`;
  state.tools.push({
    key,
    turn: turn.id,
    name,
    args,
    status: 'running',
    fillAtMs: state.nowMs + policy.fillerAfterMs,
    deadlineMs: state.nowMs + policy.toolTimeoutMs,
    toldBy: null,
  });
  turn.awaiting.push(key);
  record(step, { role: 'tool-call', key, name, args, atMs: state.nowMs });
  emit(step, { type: 'run-tool', key, name, args });
}

/** Takes the first result of a tool; later ones, such as one after the timeout, are ignored. */
export function toolResult(step: Step, key: string, status: ToolResultStatus, output: string): void {
  const { state } = step;
  const tool = state.tools.find((one) => one.key === key);
  if (!tool || tool.status !== 'running') return;
  tool.status = status;
  record(step, { role: 'tool-result', key, name: tool.name, status, output, atMs: state.nowMs });
  const { turn } = state;
  if (turn) {
    turn.awaiting = turn.awaiting.filter((one) => one !== key);
    turn.watchMs = state.nowMs + step.policy.watchdogMs;
  }
}

/** Marks the results in the ledger of a new model run as spoken by its turn. */
export function markTold(state: TurnState, turn: AgentTurn): void {
  for (const tool of state.tools) if (tool.status !== 'running') tool.toldBy ??= turn.id;
}

/** Marks the results as unspoken, because nothing of the turn was heard. */
export function markUntold(state: TurnState, turn: AgentTurn): void {
  for (const tool of state.tools) if (tool.toldBy === turn.id) tool.toldBy = null;
}

export function hasUntoldResult(state: TurnState): boolean {
  return state.tools.some((tool) => tool.status !== 'running' && tool.toldBy === null);
}
