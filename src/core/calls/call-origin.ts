import type { Call } from './call.ts';

/** What a client, or the rule that routed the call, said of it beside its variables. */
export interface CallOrigin {
  /** Null: the name follows from the call. */
  readonly roomName: string | null;
  readonly trunkId: string | null;
  /** The dispatch rule that routed the call. */
  readonly ruleId: string | null;
  /** Whether those who listen in the room hear ringing while the call is dialled. */
  readonly playRingtone: boolean;
  /** What a human agent must know who takes the call. */
  readonly skills: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const NO_ORIGIN: CallOrigin = {
  roomName: null,
  trunkId: null,
  ruleId: null,
  playRingtone: false,
  skills: [],
  metadata: {},
};

export interface CallOriginStore {
  insert(callId: number, origin: CallOrigin): Promise<void>;
  /** By call id; calls without one are missing. */
  of(callIds: readonly number[]): Promise<ReadonlyMap<number, CallOrigin>>;
}

const digitsOf = (number: string): string => number.replace(/\D/g, '');

/** `callback-1234567890-1705315800` */
export const callbackRoom = (number: string, at: Date): string =>
  `callback-${digitsOf(number)}-${Math.floor(at.getTime() / 1000)}`;

/**
 * The name that a client or a rule gave, else `outbound-1234567890-20250115103000` for a call that we placed, and
 * `call-` with a part of its id for any other.
 */
export function roomNameOf(
  { direction, to, placedAt, sid, placedSid }: Pick<Call, 'direction' | 'to' | 'placedAt' | 'sid' | 'placedSid'>,
  given: string | null,
): string {
  if (given !== null) return given;
  if (direction === 'outbound' && to !== null)
    return `outbound-${digitsOf(to)}-${digitsOf(placedAt.toISOString().slice(0, 19))}`;
  return `call-${(placedSid ?? sid).slice(2, 14)}`;
}
