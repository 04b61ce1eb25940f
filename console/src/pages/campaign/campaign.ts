import { apiWithVersion, type BodyOf, type ReplyOf } from '@/api/client.ts';
import { hoursOf, writtenHours, type WrittenHours } from '@/design/week-hours.tsx';
import type { Loaded } from '@/design/record-form.tsx';

export type Campaign = ReplyOf<'GET /api/campaigns/:campaign_id'>['data'];

const NUMBERS = ['max_calls_per_day', 'max_concurrent_calls', 'calls_per_second'] as const;

/** What the forms edit. Empty texts stand for what is not limited or not set. */
export interface CampaignValues {
  readonly name: string;
  readonly agent_id: string;
  readonly caller_id: string;
  readonly max_attempts_per_prospect: number;
  readonly max_calls_per_day: string;
  readonly max_concurrent_calls: string;
  readonly calls_per_second: string;
  readonly require_consent: boolean;
  readonly voicemail_message: string;
  readonly goal: string;
  readonly calling_hours: WrittenHours;
}

export const LABELS: Readonly<Record<keyof CampaignValues, string>> = {
  name: 'Name',
  agent_id: 'Agent',
  caller_id: 'Numbers to call from',
  max_attempts_per_prospect: 'Attempts for each person',
  max_calls_per_day: 'Calls a day',
  max_concurrent_calls: 'Calls at once',
  calls_per_second: 'New calls a second',
  require_consent: 'Only people who agreed',
  voicemail_message: 'Voicemail message',
  goal: 'Goal',
  calling_hours: 'Calling hours',
};

const text = (value: string | number | null): string => (value === null ? '' : String(value));

export const valuesOf = ({ name, agent_id, settings }: Campaign): CampaignValues => ({
  name,
  agent_id: agent_id ?? '',
  caller_id: typeof settings.caller_id === 'string' ? settings.caller_id : (settings.caller_id ?? []).join(', '),
  max_attempts_per_prospect: settings.max_attempts_per_prospect,
  max_calls_per_day: text(settings.max_calls_per_day),
  max_concurrent_calls: text(settings.max_concurrent_calls),
  calls_per_second: text(settings.calls_per_second),
  require_consent: settings.require_consent,
  voicemail_message: settings.voicemail_message ?? '',
  goal: settings.goal ?? '',
  calling_hours: writtenHours(settings.calling_hours ?? {}),
});

/** The body of a save that holds only what was changed. */
export function bodyOf(changes: Partial<CampaignValues>): BodyOf<'PUT /api/campaigns/:campaign_id'> {
  const { name, agent_id: agent, ...rest } = changes;
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if ((NUMBERS as readonly string[]).includes(key)) settings[key] = value === '' ? null : Number(value);
    else if (key === 'caller_id') {
      const numbers = (value as string).split(/[\s,]+/).filter(Boolean);
      settings[key] = numbers.length === 0 ? null : numbers.length === 1 ? numbers[0] : numbers;
    } else if (key === 'calling_hours') {
      settings[key] = hoursOf(value as WrittenHours);
    } else settings[key] = value === '' ? null : value;
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(agent === undefined ? {} : { agent_id: agent === '' ? null : agent }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

export interface LoadedCampaign extends Loaded<CampaignValues> {
  readonly campaign: Campaign;
}

export async function readCampaign(id: string, signal?: AbortSignal): Promise<LoadedCampaign> {
  const { body, version } = await apiWithVersion(
    'GET /api/campaigns/:campaign_id',
    { params: { campaign_id: id } },
    signal ? { signal } : {},
  );
  return { values: valuesOf(body.data), version, campaign: body.data };
}

export async function saveCampaign(
  id: string,
  body: BodyOf<'PUT /api/campaigns/:campaign_id'>,
  version: string | null,
): Promise<LoadedCampaign> {
  const saved = await apiWithVersion(
    'PUT /api/campaigns/:campaign_id',
    { params: { campaign_id: id }, body },
    version === null ? {} : { version },
  );
  const campaign = (saved.body as { data: Campaign }).data;
  return { values: valuesOf(campaign), version: saved.version, campaign };
}
