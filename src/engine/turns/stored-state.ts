import type { CallPhase } from '../contracts/language-model.ts';
import { clearCallerText } from './machine.ts';
import { initialState, type LedgerItem, type ToolRun, type TurnState } from './state.ts';

/** The version that this code writes and reads. */
const VERSION = 1;

/** The turn state as it is kept on record. The ledger is left out, because its items are stored as entries. */
export interface StoredTurnState extends Omit<TurnState, 'ledger'> {
  /** How many items the ledger has. */
  readonly items: number;
}

export function storedState({ ledger, ...state }: TurnState): StoredTurnState {
  return { ...state, items: ledger.length };
}

/** The same without any words, for calls whose transcripts are not kept: the agent then asks the caller to repeat. */
export function wordlessState(state: TurnState): StoredTurnState {
  const { caller, turn } = state;
  const words = { ...caller, pending: [], partial: '', digits: '', parts: [...caller.parts] };
  const isOpen = caller.owed || caller.speaking || caller.text !== '' || caller.pending.length > 0;
  clearCallerText(words);
  return {
    ...storedState(state),
    items: 0,
    caller: {
      ...words,
      speaking: false,
      owed: false,
      unclear: caller.unclear || isOpen || (turn !== null && !turn.speculative) || state.tools.some(isRunning),
    },
    turn: null,
    hold: null,
    tools: [],
    screening: state.screening && { ...state.screening, text: '' },
  };
}

/**
 * The state of a stored conversation at `nowMs` of the call's clock. Null if it is of another version, or if items of
 * its ledger were not stored.
 */
export function restoredState(stored: unknown, ledger: readonly LedgerItem[], nowMs: number): TurnState | null {
  if (typeof stored !== 'object' || stored === null || !('v' in stored) || stored.v !== VERSION) return null;
  const { items, ...state } = stored as StoredTurnState;
  if (items > ledger.length) return null;
  const { sinceMs } = state.idle;
  // The time in which the call had no server does not count as the caller's silence.
  const awayMs = Math.max(0, nowMs - state.nowMs);
  return {
    ...state,
    nowMs: state.nowMs + awayMs,
    idle: { ...state.idle, sinceMs: sinceMs === null ? null : sinceMs + awayMs },
    ledger,
  };
}

/** The state as far as the ledger alone shows it. */
export function stateOfLedger(ledger: readonly LedgerItem[], phase: CallPhase, nowMs: number): TurnState {
  const state = initialState();
  const last = ledger.findLast((item) => item.role === 'agent' || (item.role === 'caller' && !item.backchannel));
  const tools = unfinishedTools(ledger, nowMs);
  const ids = ledger.map((item) => (item.role === 'tool-call' ? Number(/\d+/.exec(item.key)?.[0] ?? 0) : 0));
  return {
    ...state,
    nowMs,
    phase: 'talking',
    nextId: Math.max(0, ...ids) + 1,
    caller: {
      ...state.caller,
      owed: last?.role === 'caller' && tools.length === 0,
      endMs: last?.role === 'caller' ? last.endMs : null,
    },
    tools,
    ledger,
    idle: { ...state.idle, sinceMs: nowMs },
    dialogue: { ...state.dialogue, phase },
  };
}

function unfinishedTools(ledger: readonly LedgerItem[], nowMs: number): ToolRun[] {
  const finished = new Set(ledger.flatMap((item) => (item.role === 'tool-result' ? item.key : [])));
  return ledger.flatMap((item) =>
    item.role === 'tool-call' && !finished.has(item.key)
      ? {
          key: item.key,
          turn: 0,
          name: item.name,
          args: item.args,
          status: 'running',
          fillAtMs: nowMs,
          deadlineMs: nowMs,
          toldBy: null,
        }
      : [],
  );
}

const isRunning = ({ status }: ToolRun): boolean => status === 'running';
