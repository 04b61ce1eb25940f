import { z } from 'zod';
import { createTrunk, deleteTrunk, getTrunk, listTrunks, updateTrunk } from '#core/routing/manage-trunks.ts';
import type { SipTrunk } from '#core/routing/sip-trunk.ts';
import { operation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';
import { Metadata, PhoneNumberText } from './dialect.ts';

const MOST_NUMBERS = 1000;

const Trunk = z.object({
  trunk_id: z.string(),
  trunk_type: z.enum(['inbound', 'outbound']),
  name: z.string(),
  address: z.string().optional().describe('Of an outbound trunk'),
  numbers: z.array(z.string()),
});

const present = ({ id, direction, name, address, numbers }: SipTrunk): z.input<typeof Trunk> => ({
  trunk_id: id,
  trunk_type: direction,
  name,
  ...(address === null ? {} : { address }),
  numbers: [...numbers],
});

export const listTrunksOperation = operation({
  method: 'GET',
  path: '/api/v1/sip/trunks',
  summary: 'List All Trunks',
  permission: 'read',
  reply: z.object({
    inbound: z.array(Trunk),
    outbound: z.array(Trunk),
    total_inbound: z.int(),
    total_outbound: z.int(),
  }),
  handle: async ({ core, ctx }) => {
    const trunks = await listTrunks(core, ctx);
    const of = (direction: SipTrunk['direction']) => trunks.filter((one) => one.direction === direction).map(present);
    const [inbound, outbound] = [of('inbound'), of('outbound')];
    return { inbound, outbound, total_inbound: inbound.length, total_outbound: outbound.length };
  },
});

const Detail = Trunk.extend({ metadata: z.record(z.string(), z.unknown()) });

const Body = z.object({
  name: z.string().trim().min(1).max(200),
  trunk_type: z.enum(['inbound', 'outbound']).default('inbound'),
  numbers: z.array(PhoneNumberText).max(MOST_NUMBERS).default([]),
  address: z.string().max(300).optional().describe('Where calls over an outbound trunk are sent'),
  metadata: Metadata.default({}),
});

const fieldsIn = ({ trunk_type: direction, address, ...rest }: z.output<typeof Body>) => ({
  ...rest,
  direction,
  address: direction === 'outbound' ? (address ?? null) : null,
});

const presentDetail = (trunk: SipTrunk): z.input<typeof Detail> => ({ ...present(trunk), metadata: trunk.metadata });

export const createTrunkOperation = operation({
  method: 'POST',
  path: '/api/v1/sip/trunks',
  summary: 'Create Trunk',
  permission: 'manage-agents',
  creates: true,
  body: Body,
  reply: Detail,
  handle: async ({ core, ctx, body }) => presentDetail(await createTrunk(core, ctx, fieldsIn(body))),
});

const TrunkParams = z.object({ trunk_id: IdText });

export const getTrunkOperation = operation({
  method: 'GET',
  path: '/api/v1/sip/trunks/:trunk_id',
  summary: 'Get Trunk',
  permission: 'read',
  params: TrunkParams,
  record: ({ trunk_id: id }) => id,
  reply: Detail,
  handle: async ({ core, ctx, params }) => presentDetail(await getTrunk(core, ctx, params.trunk_id)),
});

export const updateTrunkOperation = operation({
  method: 'PUT',
  path: '/api/v1/sip/trunks/:trunk_id',
  summary: 'Update Trunk: replaces its fields',
  permission: 'manage-agents',
  params: TrunkParams,
  record: ({ trunk_id: id }) => id,
  body: Body,
  reply: Detail,
  handle: async ({ core, ctx, params, body }) =>
    presentDetail(await updateTrunk(core, ctx, params.trunk_id, fieldsIn(body))),
});

export const deleteTrunkOperation = operation({
  method: 'DELETE',
  path: '/api/v1/sip/trunks/:trunk_id',
  summary: 'Delete Trunk',
  permission: 'manage-agents',
  params: TrunkParams,
  reply: z.object({ success: z.literal(true), trunk_id: z.string() }),
  handle: async ({ core, ctx, params: { trunk_id: id } }) => {
    await deleteTrunk(core, ctx, id);
    return { success: true as const, trunk_id: id };
  },
});
