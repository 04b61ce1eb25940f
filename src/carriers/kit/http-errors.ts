import { CarrierError } from '#contracts/carrier.ts';

/** The request was never sent: another carrier may take the call. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What an answer of a carrier's HTTP interface means for what was asked. The message is the carrier's own. */
export function refusalOf(status: number, message: string, retryAfterMs?: number): CarrierError {
  // Our credentials, or its limits: nothing about this call.
  if (status === 401 || status === 403) return new CarrierError('down', `it does not take our credentials: ${message}`);
  if (status === 429) return new CarrierError('down', `it asks for fewer calls: ${message}`, retryAfterMs);
  if (status >= 500) return new CarrierError('unknown', `it answered ${status}: ${message}`);
  return new CarrierError('refused', message);
}

/** What it means that no answer came. The error itself is never passed on: it may hold credentials. */
export function silenceOf(error: unknown): CarrierError {
  if (error instanceof CarrierError) return error;
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const why = [code, cause?.code].find((one): one is string => typeof one === 'string');
  if (why !== undefined && NOT_SENT.has(why)) return new CarrierError('down', `it cannot be reached (${why})`);
  const name = error instanceof Error ? error.name : '';
  const late = name === 'TimeoutError' || name === 'AbortError' || why === 'ECONNABORTED' || why === 'ETIMEDOUT';
  return new CarrierError(
    'unknown',
    late ? 'it did not answer in time' : `the connection broke${why === undefined ? '' : ` (${why})`}`,
  );
}

/** For what changes nothing when it has happened already: a call that is not there any more is as good as hung up. */
export async function unlessGone(asked: Promise<unknown>, isGone: (error: CarrierError) => boolean): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof CarrierError && isGone(error))) throw error;
  }
}
