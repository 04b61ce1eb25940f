import type { Call } from '#core/calls/call.ts';
import { maskNumber } from '#core/kernel/phone-number.ts';

/** The fields that identify a call in the log. The log masks the numbers. */
export const callFields = ({ id, sid, organizationId, agentId, direction, carrier, from, to }: Call) => ({
  call: sid,
  call_id: id,
  organization: organizationId,
  agent: agentId,
  direction,
  carrier,
  from: maskNumber(from),
  to: maskNumber(to),
});
