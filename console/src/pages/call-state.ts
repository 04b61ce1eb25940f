import type { Tone } from '@/design/status.tsx';

/** The states of a call, as lists and the page of a call say them. */
export const CALL_STATES = {
  initiated: ['Being placed', 'wait'],
  ringing: ['Ringing', 'wait'],
  in_progress: ['Running', 'agent'],
  completed: ['Completed', 'plain'],
  failed: ['Failed', 'bad'],
} as const satisfies Record<string, readonly [string, Tone]>;

export const stateOf = (status: string): readonly [string, Tone] =>
  CALL_STATES[status as keyof typeof CALL_STATES] ?? [status, 'plain'];
