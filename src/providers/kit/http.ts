import { Agent, fetch as fetchFrom } from 'undici';
import { boundedReply } from '#core/kernel/bounded-reply.ts';
import type { Failure } from '#engine/contracts/failure.ts';

/** A vendor's refusal, with what it says about trying again. */
export class VendorError extends Error {
  override readonly name = 'VendorError';
  readonly status: number;
  /** When it makes sense to ask again; null where it did not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, status: number, retryAfterMs: number | null) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Vendors answer in real time, so a faster simulated call pauses after waiting this long by its own clock. */
const VENDOR_BUDGET_MS = 500;
/** After this real time the clock continues, so that a vendor that never answers runs into the call's deadline. */
const VENDOR_WAIT_MS = 5000;

/** Announces a request to a vendor to the call's clock; called back once it is over. */
export function vendorWork(working: (budgetMs: number) => () => void): () => void {
  const ready = working(VENDOR_BUDGET_MS);
  const late = setTimeout(ready, VENDOR_WAIT_MS);
  late.unref();
  return () => {
    clearTimeout(late);
    ready();
  };
}

const LONGEST_MESSAGE = 300;
/** A key that is not good does not become so by asking again soon. */
const UNAUTHORIZED_MS = 60_000;
/** Statuses of invalid requests: repeating them fails again, but other requests may succeed. */
const REQUEST_FAULTS = new Set([400, 404, 413, 422]);
const KEY_FAULTS = new Set([401, 403]);

/** Longer than any speech or JSON of a vendor. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * From one turn of a call to the next, so that an answer does not wait for a new connection; load balancers close idle
 * ones after a minute.
 */
const agent = new Agent({ keepAliveTimeout: 30_000 });

/** Its type describes the same standard. */
const fetchWith = fetchFrom as unknown as typeof globalThis.fetch;

/** Each of the two functions knows forms of its own kind alone. */
const kept: typeof globalThis.fetch = (url, init) =>
  init?.body instanceof FormData ? fetch(url, init) : fetchWith(url, Object.assign({ dispatcher: agent }, init));

/** For requests to vendors: a reply that is too long fails. */
export const boundedFetch: typeof globalThis.fetch = async (url, init) =>
  boundedReply(await kept(url, init), MOST_BYTES);

/** @throws VendorError for any status but 2xx */
export async function vendorFetch(
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  const reply = await boundedFetch(url, init);
  if (reply.ok) return reply;
  const text = await reply.text().catch(() => '');
  throw refusal(reply.status, text, reply.headers.get('retry-after'));
}

/** Tests a vendor by GET. A 404 also shows that the server is reachable. */
export const checkBy =
  (url: string, headers: Readonly<Record<string, string>>) =>
  async (signal: AbortSignal): Promise<void> => {
    try {
      await (await vendorFetch(url, { headers, signal })).body?.cancel();
    } catch (error) {
      if (!(error instanceof VendorError && (error.status === 404 || error.status === 405))) throw error;
    }
  };

/** `said`: the body of the reply, or the vendor's own sentence out of it. */
export function refusal(status: number, said: string, retryAfter: string | null | undefined): VendorError {
  const words = sentenceIn(said);
  // Google says 400 to a wrong key.
  const actual = status === 400 && /\bapi[ _]key\b/i.test(words) ? 401 : status;
  return new VendorError(
    `answered ${status}${words === '' ? '' : `: ${words}`}`,
    actual,
    retryAfterMs(actual, retryAfter),
  );
}

/** The vendor's message in the JSON body of an error, else the body. */
function sentenceIn(body: string): string {
  const json = jsonObject<{ error: unknown; detail: unknown; message: unknown; err_msg: unknown; reason: unknown }>(
    body,
  );
  const words = (value: unknown): string | null => {
    if (typeof value === 'string') return value;
    return typeof value === 'object' && value !== null ? words((value as { message?: unknown }).message) : null;
  };
  for (const value of [json?.error, json?.detail, json?.message, json?.err_msg, json?.reason]) {
    const found = words(value);
    if (found) return found;
  }
  return body.trim();
}

/** How long a vendor wants to be left alone. */
export function retryAfterMs(status: number, header: string | null | undefined): number | null {
  if (KEY_FAULTS.has(status)) return UNAUTHORIZED_MS;
  if (header == null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/**
 * What went wrong, as the last part of an answer. Keys are sent in headers only; what a vendor repeats of one is
 * masked.
 */
export function errorPart(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const [status, retryMs] = error instanceof VendorError ? [error.status, error.retryAfterMs] : [0, null];
  return {
    type: 'error',
    message: masked(message).slice(0, LONGEST_MESSAGE),
    ...(REQUEST_FAULTS.has(status) ? { fault: 'request' } : KEY_FAULTS.has(status) ? { fault: 'key' } : {}),
    ...(retryMs === null ? {} : { retryAfterMs: retryMs }),
  };
}

/** Long words with digits or stars are treated as keys or parts of them. */
function masked(message: string): string {
  return message.replace(/[A-Za-z0-9*_-]{16,}/g, (word) =>
    /^(?:sk|pk|xi|key|AIza|gsk)[-_A-Za-z0-9*]/.test(word) || word.includes('***') ? '***' : word,
  );
}

/** Parses a message as an object, or null. Its fields must be validated individually. */
export function jsonObject<T extends object>(text: string): Partial<T> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' ? json : null;
  } catch {
    return null;
  }
}
