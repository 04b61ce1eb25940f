import type { Call } from './call.ts';
import type { CallEntry } from '../conversations/entry.ts';

const BEST = 5;
/** Answers that come sooner feel immediate; each second more costs a point. */
const PROMPT_MS = 1200;
const MOST_FOR_WAITING = 2;
/** Each share of the agent's turns that the caller broke off. */
const FOR_INTERRUPTIONS = 1;
const FOR_EACH_REPEAT = 0.5;
const MOST_FOR_REPEATS = 1.5;
const FOR_VENDOR_ERRORS = 0.5;
const FOR_BREAKING_OFF = 2;

/** The agent did not understand, or asks whether the caller is still there. */
const ASKS_AGAIN = /\b(did not catch|say (?:it|that) again|are you still there|technical problem)\b/i;

/**
 * How well the service on a call was, 0 to 5 in tenths: prompt answers, turns that the caller lets the agent finish,
 * words understood the first time, no failure. It says nothing of how the person feels: see the analysis. Null before
 * the agent has spoken. Defined in docs/analysis.md.
 */
export function qualityOf(
  call: Pick<Call, 'status' | 'latency' | 'vendorErrors'>,
  entries: readonly Pick<CallEntry, 'role' | 'text' | 'detail'>[],
): number | null {
  const agent = entries.filter((entry) => entry.role === 'agent');
  if (agent.length === 0) return null;
  const waits = agent.flatMap(({ detail }) => {
    const ms = (detail['latency'] as { fullCycleMs?: unknown } | undefined)?.fullCycleMs;
    return typeof ms === 'number' ? [ms] : [];
  });
  const waitMs =
    waits.length > 0 ? waits.reduce((sum, ms) => sum + ms, 0) / waits.length : (call.latency?.fullCycleMs ?? 0);
  const interrupted = agent.filter(({ detail }) => detail['interrupted'] === true).length / agent.length;
  const repeats = agent.filter(({ text }) => ASKS_AGAIN.test(text)).length;
  const lost =
    Math.min(MOST_FOR_WAITING, Math.max(0, (waitMs - PROMPT_MS) / 1000)) +
    FOR_INTERRUPTIONS * interrupted +
    Math.min(MOST_FOR_REPEATS, FOR_EACH_REPEAT * repeats) +
    (call.vendorErrors.length > 0 ? FOR_VENDOR_ERRORS : 0) +
    (call.status === 'broken' ? FOR_BREAKING_OFF : 0);
  return Math.round(Math.max(0, BEST - lost) * 10) / 10;
}
