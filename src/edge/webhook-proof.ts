import { timingSafeEqual } from 'node:crypto';
import type { Secrets } from '#core/kernel/secrets.ts';

/** The query of a carrier's webhook address: the call, and a `proof` that this installation created the address. */
export const webhookQuery = (
  secrets: Pick<Secrets, 'keyedHash'>,
  callId: number,
  legId: number | null = null,
): string => `call=call_${callId}${legId === null ? '' : `&leg=${legId}`}&proof=${proofOf(secrets, callId)}`;

/** The leg of a webhook address beside the person's; it counts only if it is one of the address's call. */
export function legOf(url: string): number | null {
  const digits = /^\d{1,15}$/.exec(new URL(url).searchParams.get('leg') ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
}

/** The call of a webhook address with a valid proof, or null. */
export function provenCall(secrets: Pick<Secrets, 'keyedHash'>, url: string): number | null {
  const { searchParams } = new URL(url);
  const callId = Number(/^call_(\d{1,15})$/.exec(searchParams.get('call') ?? '')?.[1] ?? NaN);
  if (Number.isNaN(callId)) return null;
  const given = Buffer.from(searchParams.get('proof') ?? '');
  const right = Buffer.from(proofOf(secrets, callId));
  return given.length === right.length && timingSafeEqual(given, right) ? callId : null;
}

const proofOf = (secrets: Pick<Secrets, 'keyedHash'>, callId: number): string =>
  secrets.keyedHash(`webhook of call ${callId}`).slice(0, 32);
