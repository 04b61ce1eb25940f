/** Everything that can go wrong, as a closed list: each API renders every code, and a missing one is a compile error. */
export type ErrorCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'token-expired'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  /** The record is there, and may not be changed so. */
  | 'unchangeable'
  | 'rate-limited'
  | 'too-many-calls'
  | 'upstream-failed'
  | 'not-configured'
  | 'unavailable'
  /** The disk is full. */
  | 'no-room'
  | 'internal';

/** One thing wrong with an input: where (dotted path) and what, in words a caller of the API understands. */
export interface Issue {
  readonly path: string;
  readonly message: string;
  readonly kind: 'missing' | 'format' | 'range';
  /** What was there instead, where it may be shown again. */
  readonly value?: string | number | boolean | null;
}

/** The only error that verbs throw on purpose. `subject` names the record that was asked for, such as `agent_id: agent_9`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly subject: string | null;
  /** When it makes sense to ask again. */
  readonly retryAt: Date | null;
  /** How many were allowed, where it was too many. */
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

/** The records cannot be reached, or take no changes, at present. Reported as an outage of its own, not by each request. */
export class RecordsUnavailable extends AppError {
  constructor(cause: unknown, retryAt: Date) {
    super('unavailable', 'The database is not available at present. Try again in a moment.', { cause, retryAt });
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

/** As many as there may be are there already. `many` reads after the number: `webhooks`. */
export function tooMany(most: number, many: string): AppError {
  return new AppError('conflict', `There are ${most} ${many} already, the most that are allowed. Delete one first.`, {
    limit: most,
  });
}

/** One field is wrong. `message` reads after the field's name: `must be …`. */
export function invalid(path: string, message: string, kind: Issue['kind'] = 'format'): AppError {
  return new AppError('invalid-input', 'Invalid request parameters', {
    issues: [{ path, message: `${path} ${message}`, kind }],
  });
}

/** For the default branch of a switch over a closed union: unreachable when every case is handled. */
export function unreachable(value: never): never {
  throw new AppError('internal', `Unexpected value ${JSON.stringify(value)}`);
}
