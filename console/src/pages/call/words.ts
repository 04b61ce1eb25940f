import type { Call, Timeline } from './call-data.ts';

/** Reasons for ends of calls, in plain words. */
const ENDINGS: Readonly<Record<string, string>> = {
  caller_hung_up: 'The caller hung up.',
  silence: 'The agent hung up because of silence.',
  voicemail: 'The message was left, and the agent hung up.',
  media_lost: 'The media connection was lost and did not come back.',
  shutdown: 'The server was shut down.',
  refused: 'The person declined.',
  invalid_number: 'The carrier refused the call: the number is not valid.',
  carrier_refused: 'The carrier refused the call.',
  carrier_unavailable: 'No carrier could take the call.',
  campaign_paused: 'The campaign was paused before the person answered.',
  too_late: 'The calling hours ended before the person answered.',
  refused_meanwhile: 'The person went on the do-not-call list before the call was answered.',
  callback: 'A callback was agreed.',
  booked: 'An appointment was agreed.',
  completed: 'The talk came to its end.',
  do_not_call: 'The person does not want to be called again.',
  server_died: 'The server stopped during the call.',
};

export function endingOf(call: Pick<Call, 'failure_reason'>, timeline: Pick<Timeline, 'end_reason'>): string | null {
  if (call.failure_reason) return `${call.failure_reason.replace(/\.$/, '')}.`;
  const { end_reason: reason } = timeline;
  return reason === null ? null : (ENDINGS[reason] ?? `It ended: ${reason.replaceAll('_', ' ')}.`);
}

const OUTCOMES: Readonly<Record<string, string>> = {
  bridged: 'A person took it',
  declined: 'It was declined',
  no_answer: 'No person answered',
  busy: 'Every person was busy',
  failed: 'It failed',
  caller_gone: 'The caller hung up before',
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
  const waited = to === null ? '' : ` after ${Math.round((Date.parse(to) - Date.parse(from)) / 1000)} s`;
  return `${words}${waited}${cause ? ` (${cause.replaceAll('_', ' ')})` : ''}.`;
}
