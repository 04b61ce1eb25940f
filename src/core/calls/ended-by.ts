import type { EndedBy, EndStatus } from './call.ts';

interface End {
  readonly status: EndStatus;
  readonly reason: string;
  /** Known where the call was ended; the reason alone would not tell. */
  readonly by?: EndedBy;
}

/** End reasons that name one side. An agent and an API may give any other reason. */
const BY_REASON: Readonly<Record<string, EndedBy>> = {
  caller_hung_up: 'caller',
  silence: 'agent',
  voicemail: 'agent',
  transferred: 'agent',
  no_media: 'system',
  no_capacity: 'system',
  error: 'system',
  speech_failed: 'system',
  lost_ownership: 'system',
  shutdown: 'system',
  max_duration: 'system',
  server_died: 'system',
  busy: 'carrier',
  no_answer: 'carrier',
  failed: 'carrier',
  unknown: 'carrier',
  invalid_number: 'carrier',
  carrier_refused: 'carrier',
  carrier_failed: 'carrier',
  carrier_unavailable: 'carrier',
  campaign_paused: 'system',
  too_late: 'system',
  refused_meanwhile: 'system',
  media_lost: 'carrier',
};

/** Who ended a call with this outcome. Before the answer only a user cancels with a reason of their own. */
export function endedBy({ status, reason, by }: End): EndedBy {
  return by ?? BY_REASON[reason] ?? (status === 'canceled' ? 'human' : 'agent');
}
