import { z } from 'zod';
import type { WeekHours } from '#core/dialling/week-hours.ts';
import { OVERFLOW_OFFERS, type Overflow } from '#core/desk/wait-limits.ts';
import type { DispatchRule } from '#core/routing/dispatch-rule.ts';
import { createRule, deleteRule, getRule, listRules, updateRule, type NewRule } from '#core/routing/manage-rules.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf } from '../kit/codecs.ts';
import { Metadata } from './dialect.ts';

const MOST_TRUNKS = 100;
const LONGEST_GREETING = 2000;

const Day = z
  .array(z.tuple([z.string().max(5), z.string().max(5)]))
  .max(20)
  .optional();
const OpeningHours = z
  .strictObject({ mon: Day, tue: Day, wed: Day, thu: Day, fri: Day, sat: Day, sun: Day })
  .describe('By weekday, in the time zone of the organization: `{"mon": [["09:00", "17:00"]]}`');
const Greeting = z.string().trim().min(1).max(LONGEST_GREETING);

const MOST_SECONDS = 86_400;

const OverflowSettings = z
  .object({
    longest_wait_seconds: z.int().min(1).max(MOST_SECONDS).optional().describe('The longest wait'),
    most_waiting: z.int().min(0).max(10_000).optional().describe('No caller joins so many who wait'),
    no_agents_seconds: z
      .int()
      .min(0)
      .max(MOST_SECONDS)
      .optional()
      .describe('Callers leave once no agent who could take the call has been on duty for this long'),
    offers: z
      .array(z.enum(OVERFLOW_OFFERS))
      .min(1)
      .max(OVERFLOW_OFFERS.length)
      .optional()
      .describe('What a caller who leaves the line is offered: both, unless said otherwise'),
  })
  .describe('When callers stop waiting for a human agent, also those who wait already; at closing time they always do');

const Rule = z.object({
  rule_id: z.string(),
  name: z.string(),
  trunk_ids: z.array(z.string()).describe('Empty: all trunks'),
  room_pattern: z.string(),
  hide_phone_number: z.boolean(),
  metadata: z.record(z.string(), z.unknown()),
});

const Detail = Rule.extend({
  has_pin: z.boolean(),
  agent_id: z.string().optional(),
  greeting: z.string().optional(),
  skills: z.array(z.string()).optional(),
  opening_hours: z.record(z.string(), z.array(z.array(z.string()))).optional(),
  outside_hours: z.object({ agent_id: z.string().optional(), greeting: z.string().optional() }).optional(),
  overflow: OverflowSettings.optional(),
});

const present = (rule: DispatchRule): z.input<typeof Rule> => ({
  rule_id: rule.id,
  name: rule.name,
  trunk_ids: [...rule.trunkIds],
  room_pattern: rule.roomPattern,
  hide_phone_number: rule.hidePhoneNumber,
  metadata: rule.metadata,
});

const agentAndGreeting = ({ agentId, greeting }: { agentId: number | null; greeting: string | null }) => ({
  ...(agentId === null ? {} : { agent_id: idOf('agent', agentId) }),
  ...(greeting === null ? {} : { greeting }),
});

const presentOverflow = ({ longestWaitMs, mostWaiting, noAgentsMs, offers }: Overflow) => ({
  ...(longestWaitMs === null ? {} : { longest_wait_seconds: longestWaitMs / 1000 }),
  ...(mostWaiting === null ? {} : { most_waiting: mostWaiting }),
  ...(noAgentsMs === null ? {} : { no_agents_seconds: noAgentsMs / 1000 }),
  offers: [...offers],
});

/** How it routes stands in the reply where it was set. */
function presentDetail(rule: DispatchRule): z.input<typeof Detail> {
  const { greeting, skills, openingHours, outsideHours, overflow } = rule.routing;
  return {
    ...present(rule),
    has_pin: rule.hasPin,
    ...agentAndGreeting({ agentId: rule.agentId, greeting }),
    ...(skills.length === 0 ? {} : { skills: [...skills] }),
    ...(openingHours === null
      ? {}
      : {
          opening_hours: Object.fromEntries(
            Object.entries(openingHours).map(([day, spans]) => [day, spans.map((span) => [...span])]),
          ),
        }),
    ...(outsideHours === null ? {} : { outside_hours: agentAndGreeting(outsideHours) }),
    ...(overflow === null ? {} : { overflow: presentOverflow(overflow) }),
  };
}

export const listRulesOperation = operation({
  method: 'GET',
  path: '/api/v1/sip/dispatch-rules',
  summary: 'List Dispatch Rules',
  permission: 'read',
  reply: z.array(Rule),
  handle: async ({ core, ctx }) => (await listRules(core, ctx)).map(present),
});

const agentNumber = (id: string | undefined, field: string): number | null =>
  id === undefined ? null : numberOf('agent', id, 'Agent', field);

const Body = z.object({
  name: z.string().trim().min(1).max(200),
  trunk_ids: z.array(IdText).max(MOST_TRUNKS).default([]).describe('Without any it applies to all trunks'),
  room_name_pattern: z
    .string()
    .min(1)
    .max(200)
    .default('call-{call_id}')
    .describe('`{call_id}` stands for a part of the call’s id'),
  metadata: Metadata.default({}),
  hide_phone_number: z.boolean().default(false),
  pin: z
    .string()
    .max(20)
    .regex(/^\d{1,20}$/, 'must be up to 20 digits')
    .nullable()
    .optional()
    .describe('The code that a caller must enter; needs a LiveKit server. Left out in an update: as it is'),
  agent_id: IdText.optional().describe('The AI agent that answers; else that of the number, else the default one'),
  greeting: Greeting.optional().describe('What the agent says first'),
  skills: z.array(z.string().trim().min(1).max(100)).max(50).default([]).describe('Of human agents who may take over'),
  opening_hours: OpeningHours.optional(),
  outside_hours: z
    .object({ agent_id: IdText.optional(), greeting: Greeting.optional() })
    .optional()
    .describe('Who answers outside of the opening hours, and with which words'),
  overflow: OverflowSettings.optional(),
});

function overflowIn(given: z.output<typeof OverflowSettings> | undefined): Overflow | null {
  if (given === undefined) return null;
  const ms = (seconds: number | undefined) => (seconds === undefined ? null : seconds * 1000);
  return {
    longestWaitMs: ms(given.longest_wait_seconds),
    mostWaiting: given.most_waiting ?? null,
    noAgentsMs: ms(given.no_agents_seconds),
    offers: given.offers ?? OVERFLOW_OFFERS,
  };
}

function fieldsIn(body: z.output<typeof Body>): NewRule {
  const outside = body.outside_hours;
  return {
    name: body.name,
    trunkIds: body.trunk_ids,
    roomPattern: body.room_name_pattern,
    hidePhoneNumber: body.hide_phone_number,
    pin: body.pin,
    agentId: agentNumber(body.agent_id, 'agent_id'),
    routing: {
      greeting: body.greeting ?? null,
      skills: body.skills,
      openingHours: (body.opening_hours as WeekHours | undefined) ?? null,
      outsideHours: outside
        ? { agentId: agentNumber(outside.agent_id, 'outside_hours.agent_id'), greeting: outside.greeting ?? null }
        : null,
      overflow: overflowIn(body.overflow),
    },
    metadata: body.metadata,
  };
}

export const createRuleOperation = operation({
  method: 'POST',
  path: '/api/v1/sip/dispatch-rules',
  summary: 'Create Dispatch Rule: who answers calls that come in, and how',
  permission: 'manage-agents',
  creates: true,
  body: Body,
  reply: Detail,
  handle: async ({ core, ctx, body }) => presentDetail(await createRule(core, ctx, fieldsIn(body))),
});

const RuleParams = z.object({ rule_id: IdText });

export const getRuleOperation = operation({
  method: 'GET',
  path: '/api/v1/sip/dispatch-rules/:rule_id',
  summary: 'Get Dispatch Rule',
  permission: 'read',
  params: RuleParams,
  record: ({ rule_id: id }) => id,
  reply: Detail,
  handle: async ({ core, ctx, params }) => presentDetail(await getRule(core, ctx, params.rule_id)),
});

export const updateRuleOperation = operation({
  method: 'PUT',
  path: '/api/v1/sip/dispatch-rules/:rule_id',
  summary: 'Update Dispatch Rule: replaces its fields',
  permission: 'manage-agents',
  params: RuleParams,
  record: ({ rule_id: id }) => id,
  body: Body,
  reply: Detail,
  handle: async ({ core, ctx, params, body }) =>
    presentDetail(await updateRule(core, ctx, params.rule_id, fieldsIn(body))),
});

export const deleteRuleOperation = operation({
  method: 'DELETE',
  path: '/api/v1/sip/dispatch-rules/:rule_id',
  summary: 'Delete Dispatch Rule',
  permission: 'manage-agents',
  params: RuleParams,
  reply: z.object({ success: z.literal(true), rule_id: z.string() }),
  handle: async ({ core, ctx, params: { rule_id: id } }) => {
    await deleteRule(core, ctx, id);
    return { success: true as const, rule_id: id };
  },
});
