import { z } from 'zod';
import { forget, recall, remember } from '#core/memory/remember.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import type { Limit } from '../kit/limit.ts';
import { operation } from '../kit/operation.ts';
import { timeInMilliseconds } from '../kit/codecs.ts';
import { conversationIdOf } from './dialect.ts';

/** As often as health checks, counted by themselves. */
const MEMORY: Limit = { name: 'memory', points: 1000, windowS: 60 };
const path = '/memory/:userId/context';
const params = z.object({ userId: z.string().min(1).max(LONGEST_USER_ID) });

const topic = z.string().trim().min(1).max(200);
/** Fields of the person itself are texts. */
const text = z.string().max(200).nullable().optional();
const Preferences = z
  .object({ name: text, language: text, timezone: text })
  .catchall(z.json())
  .refine((given) => Object.keys(given).length <= 100, 'at most 100')
  .refine(
    (given) =>
      Object.entries(given).every(
        ([name, value]) => name.length <= 100 && JSON.stringify(value ?? null).length <= 2000,
      ),
    'names have at most 100 characters, values 2000 as JSON',
  );

export const getMemoryOperation = operation({
  method: 'GET',
  path,
  summary: 'Get Memory Context',
  permission: 'read',
  limit: MEMORY,
  params,
  reply: z.object({
    user_id: z.string(),
    context: z.object({
      recent_conversations: z.array(
        z.object({ conversation_id: z.string(), summary: z.string(), timestamp: z.string() }),
      ),
      preferences: z.record(z.string(), z.unknown()),
      knowledge_base: z.object({ topics: z.array(z.string()), last_updated: z.string().nullable() }),
    }),
  }),
  handle: async ({ core, ctx, params: { userId } }) => {
    const { recent, preferences, topics, updatedAt } = await recall(core, ctx, userId);
    return {
      user_id: userId,
      context: {
        recent_conversations: recent.map(({ conversation, summary, at }) => ({
          conversation_id: conversationIdOf(conversation),
          summary,
          timestamp: timeInMilliseconds(at),
        })),
        preferences: { ...preferences },
        knowledge_base: { topics: [...topics], last_updated: updatedAt && timeInMilliseconds(updatedAt) },
      },
    };
  },
});

export const updateMemoryOperation = operation({
  method: 'POST',
  path,
  summary: 'Update Memory Context',
  permission: 'manage-people',
  limit: MEMORY,
  params,
  body: z.object({
    preferences: Preferences.optional().describe('Added to what is there; null takes one away'),
    knowledge: z
      .object({ topics: z.array(topic).max(200).optional(), remove_topics: z.array(topic).max(200).optional() })
      .optional(),
  }),
  reply: z.object({
    success: z.literal(true),
    user_id: z.string(),
    context_updated: z.boolean(),
    timestamp: z.string(),
  }),
  handle: async ({ core, ctx, params: { userId }, body: { preferences, knowledge } }) => {
    const given = Object.fromEntries(Object.entries(preferences ?? {}).filter(([, value]) => value !== undefined));
    await remember(core, ctx, userId, {
      preferences: given,
      ...(knowledge?.topics ? { topics: [...new Set(knowledge.topics)] } : {}),
      ...(knowledge?.remove_topics ? { removeTopics: knowledge.remove_topics } : {}),
    });
    return {
      success: true as const,
      user_id: userId,
      context_updated: true,
      timestamp: timeInMilliseconds(core.clock.now()),
    };
  },
});

export const forgetMemoryOperation = operation({
  method: 'DELETE',
  path,
  summary: 'Forget what is remembered of a person',
  permission: 'manage-people',
  limit: MEMORY,
  params,
  reply: z.object({
    success: z.literal(true),
    user_id: z.string(),
    context_updated: z.boolean(),
    timestamp: z.string(),
  }),
  handle: async ({ core, ctx, params: { userId } }) => {
    await forget(core, ctx, userId);
    return {
      success: true as const,
      user_id: userId,
      context_updated: true,
      timestamp: timeInMilliseconds(core.clock.now()),
    };
  },
});
