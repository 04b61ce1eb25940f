import { z } from 'zod';
import type { Call } from '#core/calls/call.ts';
import { sipCallId } from '#core/calls/sip-call-id.ts';
import type { CallSession } from '#core/calls/call-sessions.ts';
import { IdText, numberIn } from '../kit/codecs.ts';

/** The ids of a call in this API: its number, and ids in the form of SIP calls and participants. */

/** The id under which a call was placed: a carrier's id that replaces it later changes nothing here. */
const placedAs = ({ sid, placedSid }: Pick<Call, 'sid' | 'placedSid'>): string => placedSid ?? sid;

export const sipCallIdOf = (call: Pick<Call, 'sid' | 'placedSid'>): string => sipCallId(placedAs(call));
export const participantIdOf = (call: Pick<Call, 'sid' | 'placedSid'>): string =>
  `PA_${placedAs(call).slice('CA'.length)}`;

export const SessionParams = z.object({ session_id: IdText });

/** By this API's number, by `call_123`, by `SC_…`, by our id or the carrier's. */
export const sessionId = (id: string): string | number =>
  /^(?:0|[1-9]\d{0,14})$/.test(id) ? Number(id) : (numberIn('call', id) ?? id);

export const subjectOf = (id: string): string => `session_id: ${id}`;
export const SESSION = 'Call session';

/** The client's own number for the person, else ours; null while the person is unknown. */
export function customerIdOf({ person }: Pick<CallSession, 'person'>): number | null {
  if (!person) return null;
  const { outsideId, personId } = person;
  return outsideId !== null && /^\d{1,15}$/.test(outsideId) ? Number(outsideId) : personId;
}

/** A client's number for a person, which may be sent as text. */
export const CustomerId = z
  .union([
    z.int().min(0).max(999_999_999_999_999),
    z
      .string()
      .regex(/^\d{1,15}$/, 'must be a whole number')
      .max(15),
  ])
  .transform(Number);

/** A human agent: their number, or `user_5`. An id that is none names no agent. */
export const AgentId = z
  .union([z.int().min(0).max(999_999_999_999_999), IdText])
  .transform((id) => (typeof id === 'number' ? id : Number(/^(?:user_)?([1-9]\d{0,14})$/.exec(id)?.[1] ?? 0)));
