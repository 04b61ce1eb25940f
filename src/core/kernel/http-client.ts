/** HTTP to addresses that somebody gave us: only those that may be reached, and no redirect is followed. */
export interface HttpClient {
  /** @throws Error in plain words when there is no answer: refused, unreachable, too late, or not allowed */
  send(request: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
    /** How much of the answer's body is wanted; the rest is left unread. */
    readonly mostBytes: number;
    /** How long the body may take once the status is there; what came by then is the body. Without it a late body is an error. */
    readonly bodyMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<HttpReply>;
  /** The same for libraries that speak HTTP by themselves. */
  readonly fetch: typeof globalThis.fetch;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The body was longer than what was wanted, or did not end in time. */
  readonly cut: boolean;
  /** Where a redirect leads. */
  readonly location?: string;
}
