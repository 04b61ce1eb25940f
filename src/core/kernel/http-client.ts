/** HTTP to addresses that users gave: only to permitted addresses, and without following redirects. */
export interface HttpClient {
  /** @throws Error without a response: refused, unreachable, timed out or not permitted */
  send(request: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
    /** How much of the response body is read. */
    readonly mostBytes: number;
    /**
     * How long to read the body after the status; the part read by then is returned. Without it a late body is an
     * error.
     */
    readonly bodyMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<HttpReply>;
  /**
   * Gets an address. `take` is handed the body of a 200 as it arrives, and `taken` is its result; null for any other
   * status, whose body is left unread. @throws Error as `send` does, also while the body arrives, and whatever `take`
   * throws
   */
  download<T>(
    request: {
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** For the answer and the whole of its body. */
      readonly timeoutMs: number;
    },
    take: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<Omit<HttpReply, 'body' | 'cut'> & { readonly taken: T | null }>;
  /** The same client for libraries that need `fetch`. */
  readonly fetch: typeof globalThis.fetch;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The body exceeded `mostBytes` or did not end in time. */
  readonly cut: boolean;
  /** Where a redirect leads. */
  readonly location?: string;
}
