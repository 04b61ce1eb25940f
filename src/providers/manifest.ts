/** What a vendor's folder says of itself, so that nothing else has to name it. */
export interface ProviderManifest {
  readonly id: string;
  /** Which voice ids are its own, and the one taken where an agent names none. */
  readonly voices?: { claims(voiceId: string): boolean; readonly preferred?: string };
  readonly models?: { claims(model: string): boolean; readonly preferred?: string };
}
