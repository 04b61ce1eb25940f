/** What an API refused, in one shape for every dialect. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Messages for single fields, by the last part of their path. */
  readonly fields: Readonly<Record<string, string>>;
  readonly requestId: string | null;
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown, requestId: string | null) {
    super(message);
    this.status = status;
    this.body = body;
    this.requestId = requestId;
    this.fields = fieldsOf(body);
  }

  get isConflict(): boolean {
    return this.status === 409 || this.status === 412;
  }
}

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** The sentence in the body of an error. */
export function messageOf(body: unknown, status: number): string {
  if (isJson(body)) {
    const { error, detail, message } = body;
    const inner = isJson(error) ? (text(error['message']) ?? text(error['detail'])) : null;
    // sales-agent: `detail` is general, `error` says what.
    const found = inner ?? text(error) ?? text(detail) ?? text(message);
    if (found) return found;
  }
  return status >= 500 ? `The server answered with an error (${status}).` : `The server refused this (${status}).`;
}

function fieldsOf(body: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  const error = isJson(body) ? (isJson(body['error']) ? body['error'] : body) : {};
  const details = error['details'] ?? error['errors'] ?? error['issues'] ?? error['detail'];
  const list = Array.isArray(details) ? details : isJson(details) ? Object.values(details).flat() : [];
  for (const one of list) {
    if (!isJson(one)) continue;
    const field = text(one['field']) ?? text(one['path']) ?? (Array.isArray(one['loc']) ? one['loc'].join('.') : null);
    const sentence = text(one['message']) ?? text(one['msg']);
    if (field && sentence) fields[field.replace(/^body\./, '')] = sentence;
  }
  if (isJson(details) && text(details['field']) && Object.keys(fields).length === 0)
    fields[String(details['field'])] = text(details['message']) ?? messageOf(body, 400);
  return fields;
}

/** The request did not reach the server, or its answer did not arrive. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
  constructor() {
    super('The server does not answer. Check the connection, then try again.');
  }
}
