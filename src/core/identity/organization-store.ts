import type { WhenModelFails, Organization } from './organization.ts';
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
      readonly recordingRetentionDays?: number | null;
      readonly transcriptRetentionDays?: number | null;
    },
  ): Promise<Organization>;
  setPlan(id: number, plan: Plan): Promise<void>;
  /** Whoever else locks it waits until the transaction ends. */
  lock(id: number): Promise<void>;
  /** Those that keep something for a limited time only. */
  withRetention(): Promise<readonly Organization[]>;
  /** The fingerprint this database was first used with; remembered if it is the first. */
  fingerprint(own: string): Promise<string>;
  adminPasswordFingerprint(): Promise<string | null>;
  setAdminPasswordFingerprint(fingerprint: string | null): Promise<void>;
}
