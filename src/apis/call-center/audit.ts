import { z } from 'zod';
import { listAudit } from '#core/audit/audit-log.ts';
import { operation } from '../kit/operation.ts';
import { idOf, instantInQuery, timeInSeconds, wholeNumber } from '../kit/codecs.ts';
import { Cursor, listedAfter, listReply } from './dialect.ts';

const LONGEST = 200;

const LineReply = z.object({
  id: z.string(),
  at: z.string(),
  actor: z.string().describe('`user:5`, `api-key:1`, `system:retention`'),
  actor_name: z.string().nullable().describe('Of a user or an API key that still exists'),
  action: z.string(),
  subject: z.string().describe('The record that it was done to'),
  detail: z.record(z.string(), z.unknown()),
});

export const listAuditOperation = operation({
  method: 'GET',
  path: '/api/audit',
  summary: 'Who did what, newest first',
  permission: 'manage-users',
  query: z.object({
    cursor: Cursor,
    limit: wholeNumber(1, 500).default(50),
    actor: z.string().max(LONGEST).optional(),
    action: z.string().max(LONGEST).optional(),
    subject: z.string().max(LONGEST).optional(),
    date_from: instantInQuery.optional(),
    date_to: instantInQuery.optional().describe('A date without a time includes that day'),
  }),
  reply: listReply(LineReply),
  handle: async ({ core, ctx, query, requestId }) => {
    const { cursor, limit, actor, action, subject, date_from: from, date_to: to } = query;
    const filter = {
      ...(cursor === undefined ? {} : { before: cursor }),
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action }),
      ...(subject === undefined ? {} : { subject }),
      ...(from === undefined ? {} : { from: from.at }),
      ...(to === undefined ? {} : { to: to.end }),
    };
    const rows = await listAudit(core, ctx, filter, limit + 1);
    return listedAfter(requestId, rows, limit, (line) => ({
      id: idOf('audit', line.id),
      at: timeInSeconds(line.at),
      actor: line.actor,
      actor_name: line.actorName,
      action: line.action,
      subject: line.subject,
      detail: { ...line.detail },
    }));
  },
});
