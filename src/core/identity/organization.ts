import type { Language, TimeZone } from '../kernel/locale.ts';
import type { Currency } from '../kernel/money.ts';

/** What an agent does whose vendors' models all fail: apologise and hand over or take a callback, or go on by the offline rules. */
export const WHEN_MODEL_FAILS = ['apologise', 'offline_rules'] as const;

export type WhenModelFails = (typeof WHEN_MODEL_FAILS)[number];

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly timeZone: TimeZone;
  readonly language: Language;
  readonly currency: Currency;
  readonly whenModelFails: WhenModelFails;
  /** Days after the end of a call; null keeps for ever. */
  readonly recordingRetentionDays: number | null;
  readonly transcriptRetentionDays: number | null;
  readonly createdAt: Date;
}
