import { RecordsUnavailable } from '#core/kernel/errors.ts';

const RETRY_AFTER_MS = 5000;

/**
 * SQLSTATEs of a server that cannot serve: connection exceptions, insufficient resources, operator intervention, system
 * errors, a read-only transaction, a session ended while idle in a transaction.
 */
const STATES = /^(?:08...|53...|57...|58...|25006|25P03)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Messages of the driver for a broken or failed connection, which have no error code. */
const MESSAGES =
  /^(?:Connection terminated|Query read timeout|timeout e|Client has encountered a connection error|Client was closed)/;
const NETWORK = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

export const unavailable = (cause: unknown): RecordsUnavailable =>
  new RecordsUnavailable(cause, new Date(Date.now() + RETRY_AFTER_MS));

/** Converts errors of an outage to `RecordsUnavailable`; returns others unchanged. */
export function translate(error: unknown): unknown {
  if (error instanceof RecordsUnavailable || !(error instanceof Error)) return error;
  const { code } = error as { code?: string };
  const isOutage = code === undefined ? MESSAGES.test(error.message) : STATES.test(code) || NETWORK.has(code);
  return isOutage ? unavailable(error) : error;
}

const codeOf = (error: unknown) => (((error as Error | null)?.cause ?? error) as { code?: string } | null)?.code;

/** A read-only transaction, or a full disk: it can be read from. */
export const takesNoChanges = (error: unknown): boolean => ['25006', '53100'].includes(codeOf(error) ?? '');

/** Whether the server itself answered, with an error. */
export function isFromServer(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && SQLSTATE.test(code) && !code.startsWith('57P') && !code.startsWith('08');
}
