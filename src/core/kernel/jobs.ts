/** Background jobs by name, with their data. Definitions only; the handlers are in jobs/. */
export interface Jobs {
  readonly 'render-recording': { readonly callId: number };
  /** All files that were made of these recordings. */
  readonly 'delete-recordings': { readonly recordingKeys: readonly string[] };
  /** Stores what the person said about themselves in a call or text conversation. */
  readonly learn: { readonly callId: number } | { readonly conversationId: number };
  /** Has a vendor make a cloned voice; tried again until it is made or has failed. */
  readonly 'clone-voice': { readonly voiceId: number };
  /** Vectors of a document's chunks. */
  readonly 'embed-document': { readonly documentId: number };
}

/** Enqueued in the transaction of the change that needs it. */
export type JobRequest = { [N in keyof Jobs]: { readonly name: N; readonly data: Jobs[N] } }[keyof Jobs];
