import { z } from 'zod';
import type { AgentSettings } from '#core/ai-agents/ai-agent.ts';
import type { SettingChange } from '#core/ai-agents/agent-version.ts';
import {
  changeDraft,
  compareVersions,
  discardDraft,
  getDraft,
  getVersion,
  listVersions,
  publishDraft,
  restoreVersion,
  type DraftView,
} from '#core/ai-agents/publish-agent.ts';
import { operation } from '../kit/operation.ts';
import { IdText, pageLimit, pageSkip, wholeNumber } from '../kit/codecs.ts';
import { AgentChange, AgentReply, present, recordOf, settings } from './agents.ts';
import { agentIdOf, agentNumber, AgentParams, time } from './dialect.ts';

const LONGEST_NOTE = 2000;
const DRAFT = '/v1/convai/agents/:agent_id/draft';

/** The settings of an agent under the names of this API. */
const SettingsReply = z.object({
  name: z.string(),
  system_prompt: z.string(),
  first_message: z.string().nullable(),
  voicemail_message: z.string().nullable(),
  voice_provider: z.string(),
  voice_id: z.string(),
  model_provider: z.string(),
  model_name: z.string(),
  interrupt_enabled: z.boolean(),
  silence_threshold_sec: z.number(),
  built_in_tools: z.array(z.string()),
  transfer_number: z.string().nullable(),
  temperature: z.number().nullable(),
  max_tokens: z.int().nullable(),
  chain: z.array(z.string()),
  is_active: z.boolean(),
  type: z.string(),
});

const shownSettings = (given: AgentSettings): z.input<typeof SettingsReply> => ({
  name: given.name,
  system_prompt: given.systemPrompt,
  first_message: given.firstMessage,
  voicemail_message: given.voicemailMessage,
  voice_provider: given.voiceProvider,
  voice_id: given.voiceId,
  model_provider: given.modelProvider,
  model_name: given.modelName,
  interrupt_enabled: given.interruptEnabled,
  silence_threshold_sec: given.silenceThresholdMs / 1000,
  built_in_tools: [...given.builtInTools],
  transfer_number: given.transferNumber,
  temperature: given.temperature,
  max_tokens: given.maxTokens,
  chain: given.chain.map(agentIdOf),
  is_active: given.isActive,
  type: given.type,
});

const ChangeReply = z.object({
  field: z.string().describe('As in the settings'),
  from: z.unknown().describe('Its value in the earlier one'),
  to: z.unknown(),
});

/** `systemPrompt` -> `system_prompt`; values as the settings show them. */
function shownChange({ field, from, to }: SettingChange): z.input<typeof ChangeReply> {
  if (field === 'silenceThresholdMs')
    return { field: 'silence_threshold_sec', from: Number(from) / 1000, to: Number(to) / 1000 };
  const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (field !== 'chain') return { field: name, from, to };
  const ids = (chain: unknown) => (chain as readonly number[]).map(agentIdOf);
  return { field: name, from: ids(from), to: ids(to) };
}

const DraftReply = z.object({
  agent_id: z.string(),
  published_version: z.int(),
  base_version: z.int().nullable().describe('The version that the draft was made from; null without a draft'),
  has_draft: z.boolean(),
  draft: SettingsReply.describe('The agent as it would be published'),
  changes: z.array(ChangeReply).describe('From the published version to the draft'),
  updated_by: z.string().nullable(),
  updated_at: z.string().nullable(),
});

const shownDraft = ({ agent, drafted, draft, changes }: DraftView): z.input<typeof DraftReply> => ({
  agent_id: agentIdOf(agent.id),
  published_version: agent.version,
  base_version: draft?.baseVersion ?? null,
  has_draft: draft !== null,
  draft: shownSettings(drafted),
  changes: changes.map(shownChange),
  updated_by: draft?.updatedBy ?? null,
  updated_at: draft && time(draft.updatedAt),
});

export const getDraftOperation = operation({
  method: 'GET',
  path: DRAFT,
  summary: 'The draft of an agent, and what it changes',
  permission: 'read',
  params: AgentParams,
  record: recordOf,
  reply: DraftReply,
  handle: async ({ core, ctx, params }) => shownDraft(await getDraft(core, ctx, agentNumber(params.agent_id))),
});

export const changeDraftOperation = operation({
  method: 'PATCH',
  path: DRAFT,
  summary: 'Change the draft of an agent; calls keep using the published version',
  permission: 'manage-agents',
  params: AgentParams,
  record: recordOf,
  body: AgentChange,
  reply: DraftReply,
  handle: async ({ core, ctx, params, body }) =>
    shownDraft(await changeDraft(core, ctx, agentNumber(params.agent_id), settings(body))),
});

export const discardDraftOperation = operation({
  method: 'DELETE',
  path: DRAFT,
  summary: 'Discard the draft of an agent',
  permission: 'manage-agents',
  params: AgentParams,
  record: recordOf,
  reply: DraftReply,
  handle: async ({ core, ctx, params }) => shownDraft(await discardDraft(core, ctx, agentNumber(params.agent_id))),
});

const Published = z.object({ agent: AgentReply, version: z.int() });

export const publishDraftOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/publish',
  summary: 'Publish the draft of an agent as its next version; running calls keep theirs',
  permission: 'manage-agents',
  params: AgentParams,
  record: recordOf,
  shownAt: DRAFT,
  body: z.object({ note: z.string().trim().max(LONGEST_NOTE).optional().describe('Why it was changed') }),
  reply: Published,
  handle: async ({ core, ctx, params, body }) => {
    const agent = await publishDraft(core, ctx, agentNumber(params.agent_id), body.note || null);
    return { agent: present(agent), version: agent.version };
  },
});

const VersionReply = z.object({
  version: z.int(),
  note: z.string().nullable(),
  published_by: z.string(),
  published_at: z.string(),
});
const shownVersion = (one: { version: number; note: string | null; publishedBy: string; publishedAt: Date }) => ({
  version: one.version,
  note: one.note,
  published_by: one.publishedBy,
  published_at: time(one.publishedAt),
});

export const listVersionsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/versions',
  summary: 'The versions of an agent, newest first, with what came of their calls',
  permission: 'read',
  params: AgentParams,
  query: z.object({ skip: pageSkip, limit: pageLimit(20) }),
  reply: z.object({
    versions: z.array(
      VersionReply.extend({
        calls: z.int().describe('Ended ones'),
        answered: z.int(),
        converted: z.int().describe('On which the goal was reached'),
      }),
    ),
    total: z.int(),
    skip: z.int(),
    limit: z.int(),
  }),
  handle: async ({ core, ctx, params, query: { skip, limit } }) => {
    const { rows, total } = await listVersions(core, ctx, agentNumber(params.agent_id), { skip, limit });
    return { versions: rows.map((row) => ({ ...shownVersion(row), ...row.calls })), total, skip, limit };
  },
});

const versionText = wholeNumber(1, 1_000_000_000);
const VersionParams = z.object({ agent_id: IdText, version: z.string().max(20) });

/** A text that is no version number is a version that does not exist. */
const versionIn = (text: string): number => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0);

export const getVersionOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/versions/:version',
  summary: 'The settings of a version of an agent',
  permission: 'read',
  params: VersionParams,
  reply: VersionReply.extend({ settings: SettingsReply }),
  handle: async ({ core, ctx, params }) => {
    const found = await getVersion(core, ctx, agentNumber(params.agent_id), versionIn(params.version));
    return { ...shownVersion(found), settings: shownSettings(found.settings) };
  },
});

export const compareVersionsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/versions/:version/diff',
  summary: 'What changes from a version of an agent to another one, or to the draft',
  permission: 'read',
  params: VersionParams,
  query: z.object({ to: versionText.optional().describe('A version; without it the draft') }),
  reply: z.object({ changes: z.array(ChangeReply) }),
  handle: async ({ core, ctx, params, query }) => {
    const changes = await compareVersions(
      core,
      ctx,
      agentNumber(params.agent_id),
      versionIn(params.version),
      query.to ?? null,
    );
    return { changes: changes.map(shownChange) };
  },
});

export const restoreVersionOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/versions/:version/restore',
  summary: 'Publish the settings of an earlier version again, as a new version',
  permission: 'manage-agents',
  params: VersionParams,
  record: ({ agent_id: id }) => agentIdOf(agentNumber(id)),
  shownAt: '/v1/convai/agents/:agent_id',
  reply: Published,
  handle: async ({ core, ctx, params }) => {
    const agent = await restoreVersion(core, ctx, agentNumber(params.agent_id), versionIn(params.version));
    return { agent: present(agent), version: agent.version };
  },
});
