import { ReplyTooLong } from '#core/kernel/bounded-reply.ts';
import { CarrierError } from '#contracts/carrier.ts';

/** Errors of requests that were never sent, so that another carrier can take the call. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Maps an HTTP status of a carrier to an error. The message is the carrier's own. */
export function refusalOf(status: number, message: string, retryAfterMs?: number): CarrierError {
  // Our credentials, or its limits: nothing about this call.
  if (status === 401 || status === 403) return new CarrierError('down', `it does not take our credentials: ${message}`);
  if (status === 429) return new CarrierError('down', `it asks for fewer calls: ${message}`, retryAfterMs);
  if (status >= 500) return new CarrierError('unknown', `it answered ${status}: ${message}`);
  return new CarrierError('refused', message);
}

/** The error for a missing answer. The original error is not passed on, because it may contain credentials. */
export function silenceOf(error: unknown): CarrierError {
  if (error instanceof CarrierError) return error;
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const why = [code, cause?.code].find((one): one is string => typeof one === 'string');
  if (why !== undefined && NOT_SENT.has(why)) return new CarrierError('down', `it cannot be reached (${why})`);
  if (error instanceof ReplyTooLong) return new CarrierError('unknown', error.message);
  const name = error instanceof Error ? error.name : '';
  const late = name === 'TimeoutError' || name === 'AbortError' || why === 'ECONNABORTED' || why === 'ETIMEDOUT';
  return new CarrierError(
    'unknown',
    late ? 'it did not answer in time' : `the connection broke${why === undefined ? '' : ` (${why})`}`,
  );
}

/** Ignores an error that says that the call has ended already. */
export async function unlessGone(asked: Promise<unknown>, isGone: (error: CarrierError) => boolean): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof CarrierError && isGone(error))) throw error;
  }
}
