import type { WeekHours } from '../dialling/week-hours.ts';
import type { Language, TimeZone } from '../kernel/locale.ts';
import type { Currency } from '../kernel/money.ts';

/**
 * What an agent does if all its models fail: apologise and transfer or note a callback, or continue by the offline
 * rules.
 */
export const WHEN_MODEL_FAILS = ['apologise', 'offline_rules'] as const;

export type WhenModelFails = (typeof WHEN_MODEL_FAILS)[number];

/** What a caller on hold hears. */
export const HOLD_AUDIO = ['music', 'quiet'] as const;

export type HoldAudio = (typeof HOLD_AUDIO)[number];

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly timeZone: TimeZone;
  readonly language: Language;
  readonly currency: Currency;
  /** When appointments are offered, in the organization's zone. */
  readonly openingHours: WeekHours;
  readonly whenModelFails: WhenModelFails;
  readonly holdAudio: HoldAudio;
  /** Days after the end of a call; null: unlimited. */
  readonly recordingRetentionDays: number | null;
  readonly transcriptRetentionDays: number | null;
  readonly createdAt: Date;
}
