import type { Call } from './call.ts';

/** End reason of a call that no carrier took because none could be used. */
export const CARRIER_UNAVAILABLE = 'carrier_unavailable';

/** End reason of a call whose person was promised a human agent, and none took it. */
export const ABANDONED = 'abandoned';

/** End reasons in plain words. */
const WORDS: Readonly<Record<string, string>> = {
  caller_hung_up: 'The other person hung up.',
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
  [ABANDONED]: 'The person answered, and no human agent took the call.',
  server_died: 'The server stopped during the call.',
};

/** Why a call ended, as a sentence for people; null while it has no reason. */
export function endingWords({
  failureReason,
  endReason,
  endedBy,
}: Pick<Call, 'failureReason' | 'endReason' | 'endedBy'>): string | null {
  if (failureReason !== null) return `${failureReason.replace(/\.$/, '')}.`;
  // Both the agent and a user's request without a reason of its own end a call as completed.
  if (endReason === 'completed' && endedBy === 'human') return 'A user ended the call.';
  // A user's reason is their word for it, whatever ours means by it.
  if (endReason !== null && endedBy === 'human') return `It ended: ${endReason.replaceAll('_', ' ')}.`;
  return endReason === null ? null : (WORDS[endReason] ?? `It ended: ${endReason.replaceAll('_', ' ')}.`);
}
