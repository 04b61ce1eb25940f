import type { AgentSettings, AiAgent } from './ai-agent.ts';

/** A published state of an agent's settings. */
export interface AgentVersion {
  readonly version: number;
  readonly settings: AgentSettings;
  /** What the publisher says of the change. */
  readonly note: string | null;
  /** The actor, as in the audit: `user:5`. */
  readonly publishedBy: string;
  readonly publishedAt: Date;
}

/** Settings that are tried before they are published. */
export interface AgentDraft {
  /** The version that the changes were made against. */
  readonly baseVersion: number;
  readonly changes: Partial<AgentSettings>;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

export interface SettingChange {
  readonly field: keyof AgentSettings;
  readonly from: unknown;
  readonly to: unknown;
}

/** The order in which differences are shown. */
const FIELDS = [
  'name',
  'systemPrompt',
  'firstMessage',
  'voicemailMessage',
  'voiceProvider',
  'voiceId',
  'modelProvider',
  'modelName',
  'interruptEnabled',
  'silenceThresholdMs',
  'builtInTools',
  'transferNumber',
  'temperature',
  'maxTokens',
  'chain',
  'isActive',
  'type',
] as const satisfies readonly (keyof AgentSettings)[];

export function settingsOf(agent: AiAgent): AgentSettings {
  return Object.fromEntries(FIELDS.map((field) => [field, agent[field]])) as unknown as AgentSettings;
}

/** Settings are texts, numbers, flags and lists of them. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export function differences(from: AgentSettings, to: AgentSettings): readonly SettingChange[] {
  return FIELDS.filter((field) => !isSame(from[field], to[field])).map((field) => ({
    field,
    from: from[field],
    to: to[field],
  }));
}

/** Only what differs from the published settings. */
export function withoutEqual(published: AgentSettings, changes: Partial<AgentSettings>): Partial<AgentSettings> {
  return Object.fromEntries(differences(published, { ...published, ...changes }).map(({ field, to }) => [field, to]));
}

/** The agent as its draft has it. */
export const asDrafted = (agent: AiAgent, draft: Pick<AgentDraft, 'changes'> | null): AiAgent =>
  draft === null ? agent : { ...agent, ...draft.changes };
