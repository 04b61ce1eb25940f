import type { Gender, VendorVoice, Voice, VoiceStatus } from './voice.ts';

export interface VoiceFilter {
  readonly provider?: string;
  /** `en` also finds `en-US`. */
  readonly language?: string;
  readonly gender?: Gender;
  readonly category?: string;
}

export type NewClone = Pick<Voice, 'provider' | 'name' | 'description' | 'sourceKey' | 'sourceName'> & {
  readonly organizationId: number;
};

export interface VoiceStore {
  /** Keeps what a vendor offers now, under the same ids as before; what it offers no more is hidden. */
  offer(provider: string, voices: readonly VendorVoice[], at: Date): Promise<void>;
  /** What these vendors offer, and the organization's own, oldest first; at most 1000. */
  list(organizationId: number, providers: readonly string[], filter: VoiceFilter): Promise<readonly Voice[]>;
  /** One that the organization may use, also if it is offered no more. */
  find(organizationId: number, id: number): Promise<Voice | null>;
  byId(id: number): Promise<Voice | null>;
  insertClone(clone: NewClone, at: Date): Promise<Voice>;
  countClones(organizationId: number): Promise<number>;
  /** Counts a try to make it. */
  tried(id: number): Promise<void>;
  made(id: number, vendorId: string): Promise<void>;
  /** Settles a cloned voice; its recording is no longer needed. */
  settle(id: number, status: Exclude<VoiceStatus, 'training'>, failure: string | null): Promise<void>;
}
