import { userOf } from '#core/kernel/context.ts';
import { z } from 'zod';
import { changeMyself, changeUser, createUser, getMyself, getUser, listUsers } from '#core/identity/users.ts';
import { ANSWER_BY } from '#core/desk/human-agent.ts';
import { USER_SORTS } from '#core/identity/user-store.ts';
import { USER_STATUSES, type User } from '#core/identity/user.ts';
import { isPhoneNumber, LONGEST_PHONE_NUMBER, PHONE_NUMBER_FORMAT } from '#core/kernel/phone-number.ts';
import { permissionsOf, ROLES, type Permission } from '#core/kernel/context.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, jsonOfAtMost, numberOf, timeInSeconds } from '../kit/codecs.ts';
import { envelope, enveloped, paged, pagedReply, pageOf, PageQuery, sortOf } from './dialect.ts';

/** Our permissions in this API's words. */
const PERMISSION: Record<Permission, string> = {
  read: 'records.view',
  'read-calls': 'calls.view',
  'place-calls': 'calls.create',
  'end-calls': 'calls.end',
  'manage-agents': 'agents.manage',
  'report-calls': 'calls.report',
  'manage-webhooks': 'webhooks.manage',
  'manage-people': 'people.manage',
  'manage-campaigns': 'campaigns.create',
  'own-profile': 'profile.update',
  'read-users': 'users.view',
  'manage-users': 'users.manage',
  'manage-keys': 'keys.manage',
  'manage-settings': 'settings.manage',
  'erase-people': 'people.erase',
  'create-organizations': 'organizations.create',
};

const MOST_PREFERENCES = 10_000;

export const EmailAddress = z
  .string()
  .trim()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');
const Name = z.string().trim().min(1).max(200);
/** The rules are the core's; this only bounds what it is asked to look at. */
export const Password = z.string().max(1000);
const Preferences = z.record(z.string().max(200), z.unknown()).refine(...jsonOfAtMost(MOST_PREFERENCES));

const MOST_SKILLS = 50;
const Skills = z.array(z.string().trim().min(1).max(100)).max(MOST_SKILLS);
const MOST_CALLS = 100;

/** What users with the role `agent` have beside. */
const agentFields = {
  phone_number: z
    .string(PHONE_NUMBER_FORMAT)
    .refine(isPhoneNumber, PHONE_NUMBER_FORMAT)
    .max(LONGEST_PHONE_NUMBER)
    .nullish(),
  answer_by: z.enum(ANSWER_BY).optional().describe('Where the agent takes calls; `phone` needs a phone_number'),
  skills: Skills.optional(),
  max_concurrent_calls: z.int().min(1).max(MOST_CALLS).optional(),
};

type AgentFields = z.output<z.ZodObject<typeof agentFields>>;

const agentSettingsIn = (body: AgentFields) => ({
  ...(body.phone_number === undefined ? {} : { phoneNumber: body.phone_number }),
  ...(body.answer_by === undefined ? {} : { answerBy: body.answer_by }),
  ...(body.skills === undefined ? {} : { skills: body.skills }),
  ...(body.max_concurrent_calls === undefined ? {} : { maxConcurrentCalls: body.max_concurrent_calls }),
});

const UserReply = z.object({
  id: z.string(),
  user_id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  status: z.enum(USER_STATUSES),
  organization_id: z.string(),
  permissions: z.array(z.string()),
  preferences: z.record(z.string(), z.unknown()),
  phone_number: z.string().nullable().optional().describe('Of users with the role `agent`, as the next three'),
  answer_by: z.enum(ANSWER_BY).optional(),
  skills: z.array(z.string()).optional(),
  max_concurrent_calls: z.int().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});

function present(user: User): z.input<typeof UserReply> {
  // The seed calls it `id` at sign-in and `user_id` in a profile.
  const id = idOf('user', user.id);
  return {
    id,
    user_id: id,
    email: user.email,
    name: user.name,
    role: user.role,
    status: user.status,
    organization_id: idOf('org', user.organizationId),
    permissions: permissionsOf(user.role).map((one) => PERMISSION[one]),
    preferences: user.preferences,
    ...(user.role === 'agent'
      ? {
          phone_number: user.phoneNumber,
          answer_by: user.answerBy,
          skills: [...user.skills],
          max_concurrent_calls: user.maxConcurrentCalls,
        }
      : {}),
    created_at: timeInSeconds(user.createdAt),
    updated_at: timeInSeconds(user.updatedAt),
  };
}

const UserParams = z.object({ user_id: IdText });
const userNumber = (id: string): number => numberOf('user', id, 'User', 'user_id');

export const getMyselfOperation = operation({
  method: 'GET',
  path: '/api/users/me',
  summary: 'Get Current User',
  permission: 'own-profile',
  record: (_, ctx) => idOf('user', userOf(ctx.actor) ?? 0),
  reply: enveloped(UserReply),
  handle: async ({ core, ctx, requestId }) => envelope(requestId, present(await getMyself(core, ctx))),
});

export const updateMyselfOperation = operation({
  method: 'PUT',
  path: '/api/users/me',
  summary: 'Update User Profile; a new password takes the current one beside it',
  permission: 'own-profile',
  record: (_, ctx) => idOf('user', userOf(ctx.actor) ?? 0),
  body: z
    .object({
      name: Name.optional(),
      preferences: Preferences.optional(),
      password: Password.optional(),
      current_password: Password.optional(),
    })
    .refine((body) => (body.password === undefined) === (body.current_password === undefined), {
      path: ['current_password'],
      message: 'password and current_password go together',
    }),
  reply: enveloped(UserReply),
  handle: async ({ core, ctx, body, requestId, address }) => {
    const { password, current_password: current, name, preferences } = body;
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(preferences === undefined ? {} : { preferences }),
      ...(password === undefined || current === undefined ? {} : { password: { current, next: password } }),
    };
    const user = await changeMyself(core, ctx, change, address);
    return envelope(requestId, present(user));
  },
});

export const listUsersOperation = operation({
  method: 'GET',
  path: '/api/users',
  summary: 'List Organization Users',
  permission: 'read-users',
  query: PageQuery.extend({
    role: z.enum(ROLES).optional(),
    status: z.enum(USER_STATUSES).optional(),
    search: z.string().max(200).optional(),
    sort: sortOf(USER_SORTS),
  }),
  reply: pagedReply(UserReply),
  handle: async ({ core, ctx, query, requestId }) => {
    const { role, status, search } = query;
    const filter = {
      ...(role === undefined ? {} : { role }),
      ...(status === undefined ? {} : { status }),
      ...(search === undefined || search === '' ? {} : { search }),
    };
    return paged(requestId, query, await listUsers(core, ctx, filter, pageOf(query), query.sort), present);
  },
});

export const createUserOperation = operation({
  method: 'POST',
  path: '/api/users',
  summary: 'Create User',
  permission: 'manage-users',
  creates: true,
  body: z.object({ email: EmailAddress, name: Name, role: z.enum(ROLES), password: Password, ...agentFields }),
  reply: enveloped(UserReply),
  handle: async ({ core, ctx, body, requestId }) => {
    const { email, name, role, password } = body;
    const user = await createUser(core, ctx, { email, name, role, password, ...agentSettingsIn(body) });
    return envelope(requestId, present(user));
  },
});

export const getUserOperation = operation({
  method: 'GET',
  path: '/api/users/:user_id',
  summary: 'Get User',
  permission: 'read-users',
  record: ({ user_id: id }) => idOf('user', userNumber(id)),
  params: UserParams,
  reply: enveloped(UserReply),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, present(await getUser(core, ctx, userNumber(params.user_id)))),
});

export const updateUserOperation = operation({
  method: 'PUT',
  path: '/api/users/:user_id',
  summary: 'Update User',
  permission: 'manage-users',
  record: ({ user_id: id }) => idOf('user', userNumber(id)),
  params: UserParams,
  body: z.object({
    name: Name.optional(),
    role: z.enum(ROLES).optional(),
    status: z.enum(USER_STATUSES).optional(),
    password: Password.optional(),
    ...agentFields,
  }),
  reply: enveloped(UserReply),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const { name, role, status, password } = body;
    const given = Object.entries({ name, role, status, password }).filter(([, value]) => value !== undefined);
    const change = { ...Object.fromEntries(given), ...agentSettingsIn(body) };
    return envelope(requestId, present(await changeUser(core, ctx, userNumber(params.user_id), change)));
  },
});
