/** Which vendor a voice or model belongs to, by its name; vendors say so themselves. */
export interface ModelCatalog {
  voiceProvider(voiceId: string): string;
  modelProvider(model: string): string;
  readonly preferredVoice: string;
  readonly preferredModel: string;
}
