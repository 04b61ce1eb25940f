import { z } from 'zod';
import { revisionOf } from '#core/audit/audit-log.ts';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError, ChangedMeanwhile } from '#core/kernel/errors.ts';
import { wrong } from './input.ts';

// Optimistic concurrency of everything that is edited: a record's ETag is its revision, which the audit line of each
// edit raises in the transaction of the edit. An edit with If-Match of another revision changes nothing.

/** Fields that are not repeated in the answer to a conflict. */
const SECRET = /password|secret|token|key|settings/i;

/** What an edit that came too late is answered beside the error, so that the two texts can be compared. */
export const Conflict = z.object({
  etag: z.string().describe('Of the record as it is now: send it as If-Match to save over it'),
  current: z.unknown().describe('The record as it is now'),
  yours: z.unknown().describe('The body of the refused request, without secrets'),
});

/** `Error` with the two texts of a conflict. */
export const withConflict = <T extends z.ZodRawShape>(error: z.ZodObject<T>) =>
  error.extend({ conflict: Conflict.optional().describe('Of an edit whose If-Match is not the current ETag') });

export class EditConflict extends AppError {
  readonly conflict: z.output<typeof Conflict>;

  constructor(error: ChangedMeanwhile, conflict: z.output<typeof Conflict>) {
    super('conflict', error.message, error.subject === null ? {} : { subject: error.subject });
    this.conflict = conflict;
  }
}

export const etagOf = (revision: number): string => `"${revision}"`;

/** The revision in `If-Match`; null where any will do. @throws AppError invalid-input */
export function expectedRevision(header: string | string[] | undefined): number | null {
  if (header === undefined || header === '*') return null;
  const digits = typeof header === 'string' ? /^(?:W\/)?"(\d{1,15})"$/.exec(header)?.[1] : undefined;
  if (digits === undefined) throw wrong('If-Match', 'If-Match must be one ETag as a reply had it, such as "5", or *');
  return Number(digits);
}

/** A reply with the ETag of its record, which is read first: a change meanwhile makes it too old, never too new. */
export async function showRecord<T>(
  core: Core,
  ctx: Context,
  subject: string,
  show: () => Promise<T>,
): Promise<{ readonly reply: T; readonly etag: string }> {
  const revision = await revisionOf(core, ctx, subject);
  return { reply: await show(), etag: etagOf(revision) };
}

/** Carries an edit out if the record has the expected revision still. @throws ChangedMeanwhile */
export async function editRecord<T>(
  core: Core,
  ctx: Context,
  subject: string,
  expected: number | null,
  edit: (ctx: Context) => Promise<T>,
): Promise<{ readonly reply: T; readonly etag: string }> {
  let revision: number | null = null;
  const reply = await edit({ ...ctx, edit: { subject, expected, revised: (to) => (revision = to) } });
  // An edit that changes nothing raises no revision.
  const now = revision ?? (await revisionOf(core, ctx, subject));
  if (revision === null && expected !== null && now !== expected) throw new ChangedMeanwhile(subject);
  return { reply, etag: etagOf(now) };
}

/** The body of a request without its secrets. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (SECRET.test(key) ? [] : [[key, withoutSecrets(inner)]])),
  );
}
