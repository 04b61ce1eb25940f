import type { Timeline } from './call-data.ts';

const OUTCOMES: Readonly<Record<string, string>> = {
  bridged: 'A person took it',
  declined: 'It was declined',
  no_answer: 'No person answered',
  busy: 'Every person was busy',
  failed: 'It failed',
  caller_gone: 'The call ended before',
  returned_to_ai: 'The agent took it back',
  callback: 'A callback was agreed',
};

export function outcomeOf({
  outcome,
  cause,
  requested_at: from,
  human_connected_at: to,
}: Timeline['transfers'][number]): string {
  const words = outcome === null ? 'Under way' : (OUTCOMES[outcome] ?? outcome);
  // How the call ended stands above.
  const why = outcome === 'caller_gone' || cause === null ? '' : ` (${cause.replaceAll('_', ' ')})`;
  const waited = to === null ? '' : ` after ${Math.round((Date.parse(to) - Date.parse(from)) / 1000)} s`;
  return `${words}${waited}${why}.`;
}
