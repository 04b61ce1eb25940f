import type { OwnRules } from '../dialling/rules.ts';
import { weekHoursProblems, type WeekHours } from '../dialling/week-hours.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import { DEFAULT_RETRIES, RETRIED, type RetryTable } from './retry.ts';

export const CAMPAIGN_STATUSES = ['draft', 'active', 'paused', 'completed'] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

const NEXT: Readonly<Record<CampaignStatus, readonly CampaignStatus[]>> = {
  draft: ['active', 'paused', 'completed'],
  active: ['paused', 'completed'],
  paused: ['active', 'completed'],
  completed: ['active'],
};

export const mayMove = (from: CampaignStatus, to: CampaignStatus): boolean => NEXT[from].includes(to);

/** The settings of a campaign. */
export interface CampaignSettings {
  readonly name: string;
  readonly description: string | null;
  /** A client's own word: `outbound_sales`. */
  readonly type: string | null;
  /** Null: the default agent. */
  readonly agentId: number | null;
  readonly script: string | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  /** Narrows the hours of the law. */
  readonly callingHours: WeekHours | null;
  /** Dials a day, in the time zone of the organization. */
  readonly dailyCap: number | null;
  /** For each lead, for as long as the campaign runs. */
  readonly maxAttempts: number;
  readonly retries: RetryTable;
  readonly callerIds: readonly string[];
  /** The share of free slots, beside other campaigns. */
  readonly weight: number;
  readonly maxConcurrentCalls: number | null;
  readonly callsPerSecond: number | null;
  readonly requireConsent: boolean;
  /** The people who answer are to talk to a human: it dials only while one is free. */
  readonly needsHuman: boolean;
  readonly voicemailMessage: string | null;
  readonly goal: string | null;
  readonly revenuePerConversionMicros: number;
}

export const CAMPAIGN_DEFAULTS: Omit<CampaignSettings, 'name'> = {
  description: null,
  type: null,
  agentId: null,
  script: null,
  startsAt: null,
  endsAt: null,
  callingHours: null,
  dailyCap: null,
  maxAttempts: 3,
  retries: DEFAULT_RETRIES,
  callerIds: [],
  weight: 1,
  maxConcurrentCalls: null,
  callsPerSecond: null,
  requireConsent: false,
  needsHuman: false,
  voicemailMessage: null,
  goal: null,
  revenuePerConversionMicros: 0,
};

export interface Campaign extends CampaignSettings {
  readonly id: number;
  readonly organizationId: number;
  readonly status: CampaignStatus;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const MOST_ATTEMPTS = 50;
const MOST_DIALS = 1_000_000;
const LONGEST_WAIT_MINUTES = 90 * 24 * 60;

/** @throws AppError invalid-input, with an issue for each field that is wrong */
export function checkSettings(settings: CampaignSettings): void {
  const issues = [
    ...(settings.name.trim() === '' ? [invalid('name', 'must not be empty', 'missing')] : []),
    ...wholeNumbers(settings),
    ...(settings.callsPerSecond !== null && !(settings.callsPerSecond > 0)
      ? [invalid('settings.calls_per_second', 'must be more than 0', 'range')]
      : []),
    ...(settings.startsAt !== null && settings.endsAt !== null && settings.startsAt >= settings.endsAt
      ? [invalid('schedule.end_date', 'must be after start_date', 'range')]
      : []),
    ...(settings.callingHours === null ? [] : weekHoursProblems(settings.callingHours)).map((problem) =>
      invalid('settings.calling_hours', problem),
    ),
    ...settings.callerIds
      .filter((one) => !isPhoneNumber(one))
      .map(() => invalid('settings.caller_id', 'must be + and 7 to 15 digits')),
    ...RETRIED.filter((one) => !isRetryRule(settings.retries[one])).map((one) =>
      invalid(`settings.retry.${one}`, 'must have attempts from 0 to 50 and minutes from 0 to 90 days', 'range'),
    ),
  ].flatMap((error) => error.issues);
  if (issues.length > 0) throw new AppError('invalid-input', 'Invalid request parameters', { issues });
}

function wholeNumbers(settings: CampaignSettings): readonly AppError[] {
  const fields = [
    ['settings.max_calls_per_day', settings.dailyCap, MOST_DIALS],
    ['settings.max_attempts_per_prospect', settings.maxAttempts, MOST_ATTEMPTS],
    ['settings.max_concurrent_calls', settings.maxConcurrentCalls, MOST_DIALS],
    ['settings.weight', settings.weight, 1000],
  ] as const;
  return fields
    .filter(([, value, most]) => value !== null && !(Number.isInteger(value) && value >= 1 && value <= most))
    .map(([path, , most]) => invalid(path, `must be a whole number from 1 to ${most}`, 'range'));
}

function isRetryRule({ attempts, wait }: RetryTable[keyof RetryTable]): boolean {
  const minutes = 'minutes' in wait ? wait.minutes : [0];
  return (
    Number.isInteger(attempts) &&
    attempts >= 0 &&
    attempts <= MOST_ATTEMPTS &&
    minutes.length > 0 &&
    minutes.every((one) => one >= 0 && one <= LONGEST_WAIT_MINUTES)
  );
}

/** What the campaign demands beyond the law. */
export const ownRulesOf = ({ callingHours, requireConsent }: CampaignSettings): OwnRules => ({
  hours: callingHours,
  limits: [],
  rests: [],
  requireConsent,
});
