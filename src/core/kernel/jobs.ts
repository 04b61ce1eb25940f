/** Work that outlives its request, enqueued in the transaction that makes it necessary. Definitions only; handlers are in jobs/. */
export type JobRequest = { readonly name: 'render-recording'; readonly data: { readonly callId: number } };
