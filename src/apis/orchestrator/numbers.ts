import { z } from 'zod';
import type { OwnNumber } from '#core/carriers/carrier-store.ts';
import { addNumber, changeNumber, getNumber, listNumbers, removeNumber } from '#core/carriers/numbers.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import type { Limit } from '../kit/limit.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, timeInMilliseconds } from '../kit/codecs.ts';
import { PhoneNumberText } from './dialect.ts';

const MANAGEMENT: Limit = { name: 'providers', points: 100, windowS: 60 };
const Number = z.object({
  phone_number: z.string(),
  provider: z.string(),
  agent_id: z.string().nullable(),
  organization_id: z.string(),
  created_at: z.string(),
});
const shown = ({ number, carrier, agentId, organizationId, createdAt }: OwnNumber): z.infer<typeof Number> => ({
  phone_number: number,
  provider: carrier,
  agent_id: agentId === null ? null : idOf('agent', agentId),
  organization_id: idOf('org', organizationId),
  created_at: timeInMilliseconds(createdAt),
});
const agentOf = (id: string | null): number | null => (id === null ? null : numberOf('agent', id, 'Agent', 'agent_id'));
const params = z.object({ number: IdText });

export const listNumbersOperation = operation({
  method: 'GET',
  path: '/voice/numbers',
  summary: 'List Numbers',
  permission: 'read',
  limit: MANAGEMENT,
  reply: z.object({ numbers: z.array(Number) }),
  handle: async ({ core, ctx }) => ({ numbers: (await listNumbers(core, ctx)).map(shown) }),
});

export const addNumberOperation = operation({
  method: 'POST',
  path: '/voice/numbers',
  summary: 'Give Number',
  permission: 'manage-settings',
  limit: MANAGEMENT,
  creates: true,
  body: z.object({
    phone_number: PhoneNumberText,
    provider: z.string().max(100).optional(),
    agent_id: IdText.nullable().default(null),
    organization_id: z.string().max(100).optional(),
  }),
  reply: Number,
  handle: async ({ core, ctx, body }) =>
    shown(
      await addNumber(
        core,
        ctx,
        phoneNumber(body.phone_number, 'phone_number'),
        { carrier: body.provider ?? (await core.carriers.current()).id, agentId: agentOf(body.agent_id) },
        body.organization_id === undefined
          ? ctx.organizationId
          : numberOf('org', body.organization_id, 'Organization', 'organization_id'),
      ),
    ),
});

export const getNumberOperation = operation({
  method: 'GET',
  path: '/voice/numbers/:number',
  summary: 'Get Number',
  permission: 'read',
  record: ({ number }) => number,
  limit: MANAGEMENT,
  params,
  reply: Number,
  handle: async ({ core, ctx, params: { number } }) => shown(await getNumber(core, ctx, number)),
});

export const changeNumberOperation = operation({
  method: 'PUT',
  path: '/voice/numbers/:number',
  summary: 'Change Number',
  permission: 'manage-settings',
  record: ({ number }) => number,
  limit: MANAGEMENT,
  params,
  body: z.object({ provider: z.string().max(100).optional(), agent_id: IdText.nullable().optional() }),
  reply: Number,
  handle: async ({ core, ctx, params: { number }, body }) =>
    shown(
      await changeNumber(core, ctx, number, {
        ...(body.provider === undefined ? {} : { carrier: body.provider }),
        ...(body.agent_id === undefined ? {} : { agentId: agentOf(body.agent_id) }),
      }),
    ),
});

export const removeNumberOperation = operation({
  method: 'DELETE',
  path: '/voice/numbers/:number',
  summary: 'Remove Number',
  permission: 'manage-settings',
  limit: MANAGEMENT,
  params,
  reply: z.object({ success: z.literal(true) }),
  handle: async ({ core, ctx, params: { number } }) => {
    await removeNumber(core, ctx, number);
    return { success: true as const };
  },
});
