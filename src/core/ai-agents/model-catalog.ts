/** Finds the vendor of a voice or model by its name, from the providers' manifests. */
export interface ModelCatalog {
  voiceProvider(voiceId: string): string;
  modelProvider(model: string): string;
  readonly preferredVoice: string;
  readonly preferredModel: string;
}
