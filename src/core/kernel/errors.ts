/**
 * Everything that can go wrong, as a closed list: each API renders every code, and a missing one is a compile error.
 */
export type ErrorCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'token-expired'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  /** The record exists but must not be changed in this way. */
  | 'unchangeable'
  | 'rate-limited'
  | 'too-many-calls'
  | 'upstream-failed'
  | 'not-configured'
  | 'unavailable'
  /** The disk is full. */
  | 'no-room'
  | 'internal';

/** One problem of an input: the dotted path of the field, and a message for API clients. */
export interface Issue {
  readonly path: string;
  readonly message: string;
  readonly kind: 'missing' | 'format' | 'range';
  /** The given value, if it may be shown. */
  readonly value?: string | number | boolean | null;
}

/**
 * The only error that verbs throw on purpose. `subject` names the record that was asked for, such as `agent_id:
 * agent_9`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly subject: string | null;
  /** When to retry. */
  readonly retryAt: Date | null;
  /** The limit that was exceeded. */
  readonly limit: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    more: { issues?: readonly Issue[]; subject?: string; retryAt?: Date; limit?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.issues = more.issues ?? [];
    this.subject = more.subject ?? null;
    this.retryAt = more.retryAt ?? null;
    this.limit = more.limit ?? null;
  }
}

/** The database is unreachable or read-only. Logged once as an outage, not per request. */
export class RecordsUnavailable extends AppError {
  constructor(cause: unknown, retryAt: Date) {
    super('unavailable', 'The database is not available at present. Try again in a moment.', { cause, retryAt });
  }
}

/** The record was edited since the editor read it. */
export class ChangedMeanwhile extends AppError {
  constructor(subject: string) {
    super('conflict', 'It was changed since you read it. Compare both texts and save again.', { subject });
  }
}

/** Another system did not answer in time. */
export class UpstreamTimeout extends AppError {
  constructor(who: string, afterMs: number) {
    super('upstream-failed', `${who} did not answer within ${Math.round(afterMs / 1000)} s. Try again.`);
  }
}

/** Logs a failure, unless it is part of an outage of the database, which is logged once when it begins and ends. */
export function logFailure(
  log: { error(fields: object, message: string): void },
  error: unknown,
  message: string,
  fields: object = {},
): void {
  if (!(error instanceof RecordsUnavailable)) log.error({ err: error, ...fields }, message);
}

export function notFound(what: string, subject: string): AppError {
  return new AppError('not-found', `${what} not found`, { subject });
}

/** A limit on the number of records is reached. `many` follows the number: `webhooks`. */
export function tooMany(most: number, many: string): AppError {
  return new AppError('conflict', `There are ${most} ${many} already, the most that are allowed. Delete one first.`, {
    limit: most,
  });
}

/** One invalid field. `message` follows the field's name: `must be …`. */
export function invalid(path: string, message: string, kind: Issue['kind'] = 'format'): AppError {
  return new AppError('invalid-input', 'Invalid request parameters', {
    issues: [{ path, message: `${path} ${message}`, kind }],
  });
}

/** For the default branch of a switch over a closed union: unreachable when every case is handled. */
export function unreachable(value: never): never {
  throw new AppError('internal', `Unexpected value ${JSON.stringify(value)}`);
}
