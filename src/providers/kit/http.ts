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

/** Vendors answer in real time: a simulated call that runs faster stands still when it has waited for so long of its own. */
export const VENDOR_BUDGET_MS = 500;

const LONGEST_MESSAGE = 200;
/** A key that is not good does not become so by asking again soon. */
const UNAUTHORIZED_MS = 60_000;

/** @throws VendorError when it answers anything but 2xx */
export async function vendorFetch(
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  const reply = await fetch(url, init);
  if (reply.ok) return reply;
  const text = await reply.text().catch(() => '');
  throw new VendorError(
    `answered ${reply.status}: ${text.slice(0, LONGEST_MESSAGE)}`,
    reply.status,
    retryAfterMs(reply.status, reply.headers.get('retry-after')),
  );
}

/** How long a vendor wants to be left alone. */
export function retryAfterMs(status: number, header: string | null | undefined): number | null {
  if (status === 401 || status === 403) return UNAUTHORIZED_MS;
  if (header == null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** What went wrong, as a part of type `error`. Keys stand in no message: they are sent in headers only. */
export function errorPart(error: unknown): {
  readonly type: 'error';
  readonly message: string;
  readonly retryAfterMs?: number;
} {
  const message = error instanceof Error ? error.message : String(error);
  return {
    type: 'error',
    message: message.slice(0, LONGEST_MESSAGE),
    ...(error instanceof VendorError && error.retryAfterMs !== null ? { retryAfterMs: error.retryAfterMs } : {}),
  };
}

/** A message as an object, or null for what is none. Its fields are to be looked at one by one. */
export function jsonObject<T extends object>(text: string): Partial<T> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' ? json : null;
  } catch {
    return null;
  }
}
