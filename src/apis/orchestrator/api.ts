import type { Api, Limit } from '../kit/api.ts';
import type { Operation } from '../kit/operation.ts';
import { callStatusOperation, listCallsOperation } from './calls.ts';
import { renderError } from './words.ts';

const MINUTE_S = 60;

/** Requests a minute by category; what is in none counts as health checks do. */
const CATEGORIES: Readonly<Record<string, number>> = { health: 1000, providers: 100, calls: 50, agents: 200, conversations: 500 };

function limitOf(operation: Operation | null): Limit {
  const name = operation?.category ?? 'health';
  return { name, points: CATEGORIES[name]!, windowS: MINUTE_S };
}

/** Everything that no other API owns is answered in this one's form. */
export function orchestrator(health: readonly Operation[]): Api {
  return {
    name: 'orchestrator',
    title: 'Voice Agent Orchestrator',
    owns: () => true,
    renderError,
    countedPer: 'caller',
    limits: (operation) => [limitOf(operation)],
    operations: [...health, listCallsOperation, callStatusOperation],
  };
}
