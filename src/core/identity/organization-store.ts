import type { WeekHours } from '../dialling/week-hours.ts';
import type { HoldAudio, Organization, WhenModelFails } from './organization.ts';
import type { TimeZone } from '../kernel/locale.ts';
import type { Plan } from '../kernel/plan.ts';

export interface OrganizationStore {
  /** The first organization, or null before first start. */
  first(): Promise<Organization | null>;
  get(id: number): Promise<Organization | null>;
  insert(name: string): Promise<Organization>;
  update(
    id: number,
    change: {
      readonly name?: string;
      readonly timeZone?: TimeZone;
      readonly whenModelFails?: WhenModelFails;
      readonly holdAudio?: HoldAudio;
      readonly openingHours?: WeekHours;
      readonly recordingRetentionDays?: number | null;
      readonly transcriptRetentionDays?: number | null;
    },
  ): Promise<Organization>;
  setPlan(id: number, plan: Plan): Promise<void>;
  /** Locks the organization until the transaction ends. */
  lock(id: number): Promise<void>;
  /** Organizations with a retention period. */
  withRetention(): Promise<readonly Organization[]>;
  /** The fingerprint of the key that this database was first used with; stores `own` if there is none. */
  fingerprint(own: string): Promise<string>;
  adminPasswordFingerprint(): Promise<string | null>;
  setAdminPasswordFingerprint(fingerprint: string | null): Promise<void>;
}
