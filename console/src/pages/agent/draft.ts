import { apiWithVersion, type BodyOf, type ReplyOf } from '@/api/client.ts';
import type { Loaded } from '@/design/record-form.tsx';

export type DraftReply = ReplyOf<'GET /v1/convai/agents/:agent_id/draft'>;
type Settings = DraftReply['draft'];

/** What the form edits. Empty texts stand for what is not set. */
export interface AgentValues {
  readonly name: string;
  readonly system_prompt: string;
  readonly first_message: string;
  readonly voicemail_message: string;
  readonly voice_id: string;
  readonly model_name: string;
  readonly silence_threshold_sec: number;
  readonly interrupt_enabled: boolean;
  readonly is_active: boolean;
  readonly transfer_number: string;
  readonly built_in_tools: readonly string[];
}

export const LABELS: Readonly<Record<keyof AgentValues, string>> = {
  name: 'Name',
  system_prompt: 'Prompt',
  first_message: 'First message',
  voicemail_message: 'Voicemail message',
  voice_id: 'Voice',
  model_name: 'Model',
  silence_threshold_sec: 'Seconds to wait after a finished clause',
  interrupt_enabled: 'May be interrupted',
  is_active: 'Takes calls',
  transfer_number: 'Transfer to',
  built_in_tools: 'Built-in tools',
};

export const BUILT_IN = {
  end_call: 'End the call',
  transfer_to_human: 'Transfer to a person',
  book_slot: 'Book a slot',
  take_callback: 'Note a callback',
  look_up_knowledge: 'Look something up in its documents',
} as const;

/** The variables that every call fills; a campaign's leads bring the columns of their list along. */
export const VARIABLES = ['now', 'date', 'time', 'time_zone', 'agent_name', 'caller_number', 'name', 'email'];

export const valuesOf = (draft: Settings): AgentValues => ({
  name: draft.name,
  system_prompt: draft.system_prompt,
  first_message: draft.first_message ?? '',
  voicemail_message: draft.voicemail_message ?? '',
  voice_id: draft.voice_id,
  model_name: draft.model_name,
  silence_threshold_sec: draft.silence_threshold_sec,
  interrupt_enabled: draft.interrupt_enabled,
  is_active: draft.is_active,
  transfer_number: draft.transfer_number ?? '',
  built_in_tools: draft.built_in_tools,
});

export interface LoadedDraft extends Loaded<AgentValues> {
  readonly reply: DraftReply;
}

export async function readDraft(id: string, signal?: AbortSignal): Promise<LoadedDraft> {
  const { body, version } = await apiWithVersion(
    'GET /v1/convai/agents/:agent_id/draft',
    { params: { agent_id: id } },
    signal ? { signal } : {},
  );
  return { values: valuesOf(body.draft), version, reply: body };
}

export async function saveDraft(
  id: string,
  changes: Partial<AgentValues>,
  version: string | null,
): Promise<LoadedDraft> {
  const emptied = (text: string | undefined) => (text === '' ? null : text);
  const { first_message, voicemail_message, transfer_number, ...rest } = changes;
  const body = {
    ...rest,
    ...(first_message === undefined ? {} : { first_message: emptied(first_message) }),
    ...(voicemail_message === undefined ? {} : { voicemail_message: emptied(voicemail_message) }),
    ...(transfer_number === undefined ? {} : { transfer_number: emptied(transfer_number) }),
  } as BodyOf<'PATCH /v1/convai/agents/:agent_id/draft'>;
  const saved = await apiWithVersion(
    'PATCH /v1/convai/agents/:agent_id/draft',
    { params: { agent_id: id }, body },
    version === null ? {} : { version },
  );
  return { values: valuesOf(saved.body.draft), version: saved.version, reply: saved.body };
}

export interface Check {
  readonly bad: boolean;
  readonly text: string;
}

/** What is looked at while the agent is written; none of it keeps anybody from publishing. */
export function checksOf(values: AgentValues): readonly Check[] {
  const used = [...`${values.system_prompt}\n${values.first_message}`.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)];
  const unknown = [...new Set(used.map((found) => found[1]!).filter((name) => !VARIABLES.includes(name)))];
  return [
    {
      bad:
        values.first_message === '' ||
        !/\b(this is|my name|i am|i'm|from)\b|\{\{\s*agent_name/i.test(values.first_message),
      text: 'The first message says who calls',
    },
    {
      bad: !/not (be )?call|do.not.call|stop calling|opt.?out|remove/i.test(values.system_prompt),
      text: 'The prompt says what to do when a person wants no more calls',
    },
    {
      bad: unknown.length > 0,
      text:
        unknown.length > 0
          ? `The call must bring along: ${unknown.join(', ')}`
          : 'Every variable is filled on every call',
    },
    {
      bad: values.built_in_tools.includes('transfer_to_human') && values.transfer_number === '',
      text: 'A transfer has a number, or the desk takes it',
    },
  ];
}
