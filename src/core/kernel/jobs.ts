/** Work that outlives its request, by name, and what it is given. Definitions only; handlers are in jobs/. */
export interface Jobs {
  readonly 'render-recording': { readonly callId: number };
  /** All files that were made of these recordings. */
  readonly 'delete-recordings': { readonly recordingKeys: readonly string[] };
  /** What a call, or a talk in text, told of the person. */
  readonly learn: { readonly callId: number } | { readonly conversationId: number };
  /** Vectors of a document's chunks. */
  readonly 'embed-document': { readonly documentId: number };
}

/** Enqueued in the transaction that makes it necessary. */
export type JobRequest = { [N in keyof Jobs]: { readonly name: N; readonly data: Jobs[N] } }[keyof Jobs];
