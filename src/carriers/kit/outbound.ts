import { CarrierError, type DialRequest } from '#contracts/carrier.ts';
import type { CarrierSettings } from '#contracts/carrier-manifest.ts';

/** Tolerated difference between the vendor's clock and ours. */
export const CLOCK_SKEW_MS = 60_000;

/** The caller id that was asked for, or the carrier's own number. @throws CarrierError refused */
export function callerIdOf({ from }: Pick<DialRequest, 'from'>, settings: CarrierSettings): string {
  const caller = from ?? settings['phone_number'];
  if (caller === undefined)
    throw new CarrierError('refused', 'no caller id was given, and the carrier has no number of its own');
  return caller;
}

/** The only call of the vendor to a number that is none of our known calls; with several the result is unsure. */
export async function theUnknownOne(
  carrierCallIds: readonly string[],
  isKnown: (carrierCallId: string) => Promise<boolean>,
): Promise<{ readonly carrierCallId: string } | 'none' | 'unsure'> {
  const unknown: string[] = [];
  for (const id of carrierCallIds) if (!(await isKnown(id))) unknown.push(id);
  return unknown.length === 1 ? { carrierCallId: unknown[0]! } : unknown.length === 0 ? 'none' : 'unsure';
}
