export const GENDERS = ['male', 'female', 'neutral'] as const;
export type Gender = (typeof GENDERS)[number];

/** A cloned voice is `training` until its vendor can speak with it. */
export const VOICE_STATUSES = ['ready', 'training', 'failed'] as const;
export type VoiceStatus = (typeof VOICE_STATUSES)[number];

/** A voice as its vendor describes it; null where the vendor does not say. */
export interface VendorVoice {
  /** The vendor's own id. */
  readonly vendorId: string;
  readonly name: string;
  /** BCP 47. */
  readonly language: string | null;
  readonly gender: Gender | null;
  /** `professional`, `conversational`, `narrative`, `cloned`, or the vendor's own word. */
  readonly category: string;
  readonly description: string | null;
  /** Address of the vendor's own sample. */
  readonly sampleUrl: string | null;
}

export interface Voice extends Omit<VendorVoice, 'vendorId'> {
  readonly id: number;
  /** Null: offered by its vendor to all organizations. */
  readonly organizationId: number | null;
  readonly provider: string;
  /** Null until the vendor has made it. */
  readonly vendorId: string | null;
  readonly status: VoiceStatus;
  /** Why it could not be made. */
  readonly failure: string | null;
  /** The recording that it is made of, until it is made. */
  readonly sourceKey: string | null;
  readonly sourceName: string | null;
  /** How often the vendor was sent the recording. */
  readonly attempts: number;
  readonly createdAt: Date;
}

/** A cloned voice belongs to an organization. */
export const isCloned = (voice: Pick<Voice, 'organizationId'>): boolean => voice.organizationId !== null;

/** `voice_7`, or `cloned_voice_7`. */
export const voiceIdOf = (voice: Pick<Voice, 'id' | 'organizationId'>): string =>
  `${isCloned(voice) ? 'cloned_' : ''}voice_${voice.id}`;

/** The number in one of our voice ids; null for the name of a vendor's voice. */
export function voiceNumberIn(id: string): number | null {
  const digits = /^(?:cloned_)?voice_([1-9]\d{0,14})$/.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}
