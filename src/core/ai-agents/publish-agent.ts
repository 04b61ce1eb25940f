import type { Core } from '../core.ts';
import { actorName, type Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Records } from '../records.ts';
import { applyChange, checkedChange, lockAgent, needAgent, type ChangeAgent } from './agents.ts';
import {
  asDrafted,
  differences,
  settingsOf,
  withoutEqual,
  type AgentDraft,
  type AgentVersion,
  type SettingChange,
} from './agent-version.ts';
import type { AgentSettings, AiAgent } from './ai-agent.ts';
import type { VersionCalls } from '../metrics/metrics-store.ts';

export interface DraftView {
  readonly agent: AiAgent;
  /** The agent as the draft has it; the published agent where there is no draft. */
  readonly drafted: AiAgent;
  readonly draft: AgentDraft | null;
  readonly changes: readonly SettingChange[];
}

const viewOf = (agent: AiAgent, draft: AgentDraft | null): DraftView => {
  const drafted = asDrafted(agent, draft);
  return { agent, drafted, draft, changes: differences(settingsOf(agent), settingsOf(drafted)) };
};

/** @throws AppError not-found */
export async function getDraft(core: Core, ctx: Context, id: number): Promise<DraftView> {
  const agent = await needAgent(core.store, ctx, id);
  return viewOf(agent, await core.store.agents.draft(id));
}

/** Adds to the draft; calls keep using the published version. @throws AppError not-found, invalid-input */
export async function changeDraft(core: Core, ctx: Context, id: number, input: ChangeAgent): Promise<DraftView> {
  return core.store.transaction(async (records) => {
    const agent = await lockAgent(records, ctx, id);
    const before = await records.agents.draft(id);
    const given = await checkedChange(records, ctx, core.catalog, agent, input);
    const changes = withoutEqual(settingsOf(agent), { ...before?.changes, ...given });
    const view = viewOf(agent, before);
    if (differences(settingsOf(view.drafted), settingsOf({ ...agent, ...changes })).length === 0) return view;
    const draft: AgentDraft = {
      baseVersion: agent.version,
      changes,
      updatedBy: actorName(ctx.actor),
      updatedAt: core.clock.now(),
    };
    if (Object.keys(changes).length === 0) await records.agents.dropDraft(id);
    else await records.agents.keepDraft(id, draft);
    await records.outbox.audit(ctx, 'agent.draft', `agent_${id}`, { changed: Object.keys(given) });
    return viewOf(agent, Object.keys(changes).length === 0 ? null : draft);
  });
}

/** @throws AppError not-found */
export async function discardDraft(core: Core, ctx: Context, id: number): Promise<DraftView> {
  return core.store.transaction(async (records) => {
    const agent = await lockAgent(records, ctx, id);
    if (await records.agents.dropDraft(id)) await records.outbox.audit(ctx, 'agent.discard', `agent_${id}`);
    return viewOf(agent, null);
  });
}

/**
 * Makes the draft the published version; running calls keep theirs. @throws AppError not-found, unchangeable (no
 * draft), conflict (the agent was changed since the draft was made)
 */
export async function publishDraft(core: Core, ctx: Context, id: number, note: string | null): Promise<AiAgent> {
  return core.store.transaction(async (records) => {
    const agent = await lockAgent(records, ctx, id);
    const draft = await records.agents.draft(id);
    if (!draft)
      throw new AppError('unchangeable', 'There is no draft to publish. Change the draft first.', {
        subject: `agent_id: agent_${id}`,
      });
    // Who sends If-Match has seen both states.
    if (draft.baseVersion !== agent.version && (ctx.edit?.expected ?? null) === null)
      throw new AppError(
        'conflict',
        `This draft is of version ${draft.baseVersion}, not ${agent.version}. Look at its changes and publish it.`,
        { subject: `agent_id: agent_${id}` },
      );
    const published = await applyChange(core, records, ctx, agent, draft.changes, { action: 'publish', note });
    await records.agents.dropDraft(id);
    return published;
  });
}

/** Publishes the settings of an earlier version again, as a new version. @throws AppError not-found */
export async function restoreVersion(core: Core, ctx: Context, id: number, version: number): Promise<AiAgent> {
  return core.store.transaction(async (records) => {
    const agent = await lockAgent(records, ctx, id);
    const { settings } = await needVersion(records, id, version);
    // Whether the agent takes calls is not part of what it says.
    const { isActive: _, type: __, ...restored } = settings;
    return applyChange(core, records, ctx, agent, restored, {
      action: 'restore',
      note: `Version ${version} restored`,
    });
  });
}

async function needVersion(records: Pick<Records, 'agents'>, id: number, version: number): Promise<AgentVersion> {
  const found = await records.agents.version(id, version);
  if (!found) throw notFound('Version', `version: ${version} of agent_${id}`);
  return found;
}

/** @throws AppError not-found */
export async function getVersion(core: Core, ctx: Context, id: number, version: number): Promise<AgentVersion> {
  await needAgent(core.store, ctx, id);
  return needVersion(core.store, id, version);
}

export type ListedVersion = AgentVersion & { readonly calls: VersionCalls };

/** Newest first, each with what came of its calls. @throws AppError not-found */
export async function listVersions(core: Core, ctx: Context, id: number, page: Page): Promise<Listed<ListedVersion>> {
  const agent = await needAgent(core.store, ctx, id);
  const rows = await core.store.agents.versions(id, page);
  const calls = await core.store.metrics.ofVersions(
    ctx.organizationId,
    id,
    rows.map(({ version }) => version),
  );
  return {
    rows: rows.map((row) => ({ ...row, calls: calls.get(row.version) ?? { calls: 0, answered: 0, converted: 0 } })),
    total: agent.version,
  };
}

/** What changed between two versions; `to` null: the draft. @throws AppError not-found */
export async function compareVersions(
  core: Core,
  ctx: Context,
  id: number,
  from: number,
  to: number | null,
): Promise<readonly SettingChange[]> {
  const agent = await needAgent(core.store, ctx, id);
  const settingsAt = async (version: number): Promise<AgentSettings> =>
    (await needVersion(core.store, id, version)).settings;
  const target = to === null ? settingsOf(asDrafted(agent, await core.store.agents.draft(id))) : await settingsAt(to);
  return differences(await settingsAt(from), target);
}
