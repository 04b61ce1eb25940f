import { z } from 'zod';
import { RecordsUnavailable, unreachable, UpstreamTimeout, type AppError, type Issue } from '#core/kernel/errors.ts';
import { MOST_SORTED, type Listed, type Page } from '#core/kernel/page.ts';
import type { RenderedError } from '../kit/api.ts';
import type { CallStatus } from '#core/calls/call.ts';
import { timeInSeconds, wholeNumber, wordsFor } from '../kit/codecs.ts';

/** How this API says things: statuses, envelopes, pages, errors. */

const STATUS: Record<CallStatus, string> = {
  placed: 'initiated',
  ringing: 'ringing',
  answered: 'in_progress',
  completed: 'completed',
  voicemail: 'completed',
  'no-answer': 'failed',
  busy: 'failed',
  canceled: 'failed',
  refused: 'failed',
  broken: 'failed',
};

export const statusWord = (status: CallStatus): string => STATUS[status];

/** Our statuses behind each word of its filter. */
export const STATUSES: ReadonlyMap<string, readonly CallStatus[]> = wordsFor(STATUS);

const Meta = z.object({ timestamp: z.string(), request_id: z.string(), version: z.literal('v1') });
const meta = (requestId: string) => ({
  timestamp: timeInSeconds(new Date()),
  request_id: requestId,
  version: 'v1' as const,
});

/** `{success, data, meta}` */
export const enveloped = <D extends z.ZodType>(data: D) => z.object({ success: z.literal(true), data, meta: Meta });
export const envelope = <T>(requestId: string, data: T) => ({ success: true as const, data, meta: meta(requestId) });

const PageReply = z.object({
  page: z.int(),
  limit: z.int(),
  total: z.int(),
  pages: z.int(),
  has_next: z.boolean(),
  has_prev: z.boolean(),
});

/** `{success, data: {voices: [...]}, pagination, meta}` */
export const wholeListReply = <D extends z.ZodType>(data: D) => enveloped(data).extend({ pagination: PageReply });

/** `{success, data: [...], pagination, meta}` */
export const pagedReply = <D extends z.ZodType>(row: D) =>
  z.object({ success: z.literal(true), data: z.array(row), pagination: PageReply, meta: Meta });

const LARGEST_PAGE = 1000;
const USUAL_PAGE = 20;

/** `?page=1&limit=20&sort=created_at&order=desc`; a list that has other orders says so. */
export const PageQuery = z.object({
  page: wholeNumber(1, 1_000_000).default(1),
  limit: wholeNumber(1, LARGEST_PAGE).default(USUAL_PAGE),
  sort: z.enum(['created_at']).optional(),
  order: z.enum(['asc', 'desc']).optional(),
});

/** What a list can be sorted by; one that reads `created_at` alone needs none. `when`: it is cut then. */
export const sortOf = <const S extends readonly string[]>(sorts: S, when = 'By all but created_at') =>
  z.enum(sorts).optional().describe(`${when} the list holds the newest ${MOST_SORTED} of its rows, in that order`);

type AskedPage = Omit<z.output<typeof PageQuery>, 'sort'>;

export function pageOf(query: AskedPage): Page {
  return {
    skip: (query.page - 1) * query.limit,
    limit: query.limit,
    ...(query.order === undefined ? {} : { order: query.order }),
  };
}

/** A list that is short enough to be answered whole, which it is without `page` and `limit`. */
export const WholeListQuery = z.object({
  page: PageQuery.shape.page.unwrap().optional(),
  limit: PageQuery.shape.limit.unwrap().optional(),
  order: PageQuery.shape.order,
});

type Sortable = string | number | Date | null;

/** A page of a list that is at hand, ordered by a value; rows without one come last. */
export function pageOfWhole<T>(
  rows: readonly T[],
  { page = 1, limit, order = 'asc' }: z.output<typeof WholeListQuery>,
  value: (row: T) => Sortable,
): { readonly rows: readonly T[]; readonly pagination: z.input<typeof PageReply> } {
  const isWhole = limit === undefined && page === 1;
  const size = isWhole ? Math.max(1, rows.length) : (limit ?? USUAL_PAGE);
  const sign = order === 'asc' ? 1 : -1;
  const sorted = rows
    .map((row, at) => ({ row, at, by: comparable(value(row)) }))
    .toSorted((one, other) => {
      if (one.by === other.by) return sign * (one.at - other.at);
      if (one.by === null || other.by === null) return one.by === null ? 1 : -1;
      return sign * (one.by < other.by ? -1 : 1);
    });
  return {
    rows: sorted.slice((page - 1) * size, page * size).map(({ row }) => row),
    pagination: pagination(page, size, rows.length),
  };
}

const comparable = (value: Sortable) =>
  typeof value === 'string' ? value.toLowerCase() : value instanceof Date ? value.getTime() : value;

function pagination(page: number, limit: number, total: number): z.input<typeof PageReply> {
  const pages = Math.ceil(total / limit);
  return { page, limit, total, pages, has_next: page < pages, has_prev: page > 1 };
}

export function paged<T, R>(requestId: string, query: AskedPage, { rows, total }: Listed<T>, present: (row: T) => R) {
  return {
    success: true as const,
    data: rows.map(present),
    pagination: pagination(query.page, query.limit, total),
    meta: meta(requestId),
  };
}

/** Where a keyset page begins: `next_cursor` of the page before. */
export const Cursor = wholeNumber(1, 999_999_999_999_999).optional().describe('`next_cursor` of the page before');

/** `{success, data: [...], next_cursor, meta}`: rows that come meanwhile are neither repeated nor left out. */
export const listReply = <D extends z.ZodType>(row: D) =>
  z.object({
    success: z.literal(true),
    data: z.array(row),
    next_cursor: z.string().nullable().describe('Null on the last page'),
    meta: Meta,
  });

/** A keyset page of rows of which one more than `limit` was read. */
export function listedAfter<T extends { readonly id: number }, R>(
  requestId: string,
  rows: readonly T[],
  limit: number,
  present: (row: T) => R,
) {
  const shown = rows.slice(0, limit);
  return {
    success: true as const,
    data: shown.map(present),
    next_cursor: rows.length > limit ? String(shown.at(-1)!.id) : null,
    meta: meta(requestId),
  };
}

function words(error: AppError): { status: number; code: string } {
  if (error instanceof RecordsUnavailable) return { status: 503, code: 'SYSTEM_002' };
  if (error instanceof UpstreamTimeout) return { status: 504, code: 'SYSTEM_003' };
  switch (error.code) {
    case 'invalid-input':
      return { status: 400, code: INVALID[error.issues[0]?.kind ?? 'format'] };
    case 'unauthenticated':
      return { status: 401, code: 'AUTH_001' };
    case 'token-expired':
      return { status: 401, code: 'AUTH_002' };
    case 'forbidden':
      return { status: 403, code: 'AUTH_003' };
    case 'not-found':
      return { status: 404, code: 'RESOURCE_001' };
    case 'conflict':
      return { status: 409, code: 'RESOURCE_002' };
    case 'unchangeable':
      return { status: 409, code: 'RESOURCE_003' };
    case 'rate-limited':
    case 'too-many-calls':
      return { status: 429, code: 'SERVICE_002' };
    case 'upstream-failed':
      return { status: 502, code: 'SERVICE_001' };
    case 'not-configured':
      return { status: 503, code: 'SERVICE_003' };
    case 'unavailable':
      return { status: 503, code: 'SERVICE_001' };
    case 'no-room':
      return { status: 507, code: 'SERVICE_003' };
    case 'internal':
      return { status: 500, code: 'SYSTEM_001' };
    default:
      return unreachable(error.code);
  }
}

const INVALID: Record<Issue['kind'], string> = {
  missing: 'VALIDATION_001',
  format: 'VALIDATION_002',
  range: 'VALIDATION_003',
};

export const ErrorReply = z.object({
  success: z.literal(false),
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.string()) }),
  meta: z.object({ timestamp: z.string(), request_id: z.string() }),
});

export function renderError(error: AppError, requestId: string): RenderedError {
  const { status, code } = words(error);
  const details =
    error.issues.length > 0
      ? Object.fromEntries(error.issues.map((issue) => [issue.path, issue.message]))
      : error.subject === null
        ? {}
        : { resource: error.subject };
  const message = error.issues[0]?.message ?? error.message;
  return {
    status,
    body: {
      success: false,
      error: { code, message, details },
      meta: { timestamp: timeInSeconds(new Date()), request_id: requestId },
    },
  };
}
