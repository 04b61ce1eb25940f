import { z } from 'zod';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { operation } from '../kit/operation.ts';
import { phoneNumberText } from '../kit/words.ts';
import { envelope, enveloped } from './words.ts';

export const erasePersonOperation = operation({
  method: 'POST', path: '/api/people/erase', summary: 'Erase what is known of the person behind a number: recordings, words, notes', permission: 'erase-people',
  body: z.object({ phone_number: phoneNumberText }),
  reply: enveloped(z.object({ calls: z.int(), recordings: z.int() })),
  handle: async ({ core, ctx, body, requestId }) => envelope(requestId, { ...(await erasePerson(core, ctx, phoneNumber(body.phone_number, 'phone_number'))) }),
});

export const refuseCallsOperation = operation({
  method: 'POST', path: '/api/people/do-not-call', summary: 'Never call this number again', permission: 'place-calls',
  body: z.object({ phone_number: phoneNumberText }),
  reply: enveloped(z.object({ phone_number: z.string(), do_not_call: z.literal(true) })),
  handle: async ({ core, ctx, body, requestId }) => {
    await refuseCalls(core, ctx, phoneNumber(body.phone_number, 'phone_number'), 'api');
    return envelope(requestId, { phone_number: body.phone_number, do_not_call: true as const });
  },
});
