/**
 * One request to stop arrives by several ways: a terminal signals the whole group, npm and the launcher each forward
 * what they get, and a service manager signals every process. Signals within this time are one request.
 */
const ONE_REQUEST_MS = 800;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopRequests {
  /** Aborted by the first request, with the signal's name as its reason: running calls may end. */
  readonly first: AbortSignal;
  /** Aborted by a second request: the process ends at once. */
  readonly second: AbortSignal;
}

/**
 * Listens for requests to stop. It is called before anything else is loaded, so that no signal kills the process
 * outright.
 */
export function listenForStop(): StopRequests {
  const first = new AbortController();
  const second = new AbortController();
  let firstAt = 0;
  const request = (reason: string) => {
    if (!first.signal.aborted) {
      firstAt = performance.now();
      first.abort(reason);
    } else if (performance.now() - firstAt > ONE_REQUEST_MS) second.abort(reason);
  };
  for (const signal of SIGNALS) process.on(signal, request);
  // The launcher is gone, so it forwards nothing more. A channel exists only when a launcher started this process.
  process.on('disconnect', () => request('disconnect'));
  process.channel?.unref();
  return { first: first.signal, second: second.signal };
}
