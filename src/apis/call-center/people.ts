import { z } from 'zod';
import { AppError } from '#core/kernel/errors.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import { operation } from '../kit/operation.ts';
import { phoneNumberText } from '../kit/codecs.ts';
import { envelope, enveloped } from './dialect.ts';

export const erasePersonOperation = operation({
  method: 'POST',
  path: '/api/people/erase',
  summary: 'Erase what is known of a person: recordings, words, notes, memory',
  permission: 'erase-people',
  body: z.object({
    phone_number: phoneNumberText.optional(),
    user_id: z.string().min(1).max(LONGEST_USER_ID).optional(),
  }),
  reply: enveloped(z.object({ calls: z.int(), recordings: z.int() })),
  handle: async ({ core, ctx, body, requestId }) => {
    const who = body.phone_number ?? body.user_id;
    if (who === undefined)
      throw new AppError('invalid-input', 'Invalid request parameters', {
        issues: [{ path: 'phone_number', message: 'phone_number is required, or user_id', kind: 'missing' }],
      });
    return envelope(requestId, { ...(await erasePerson(core, ctx, who)) });
  },
});
