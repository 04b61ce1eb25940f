import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { HttpClient, HttpReply } from '#core/kernel/http-client.ts';
import { Agent, buildConnector, fetch as fetchFrom, request, type Dispatcher } from 'undici';

/** Limits for requests of libraries: the size of a response, and its time. */
const MOST_BYTES = 4 * 1024 * 1024;
const BODY_MS = 20_000;

/** A request to a forbidden address was refused. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/**
 * HTTP to addresses that users gave. The target is checked when connecting, by its IP address, so that no
 * form of an address and no name with changing records leads into our own network. Redirects are not followed.
 */
export class GuardedClient implements HttpClient {
  readonly #agent: Agent;
  /** For libraries, which read a response to its end. */
  readonly #bounded: Agent;
  readonly fetch: typeof globalThis.fetch;

  constructor(allowPrivateNetworks: boolean) {
    // Unlimited connections, so that a hanging request does not block another to the same host.
    const common = { connect: allowPrivateNetworks ? {} : guardedConnector(), pipelining: 0, keepAliveTimeout: 10_000 };
    this.#agent = new Agent(common);
    this.#bounded = new Agent({
      ...common,
      maxResponseSize: MOST_BYTES,
      bodyTimeout: BODY_MS,
      headersTimeout: BODY_MS,
    });
    // Both types describe the same standard.
    this.fetch = ((input: string, init?: RequestInit) =>
      fetchFrom(input, { ...init, redirect: 'error', dispatcher: this.#bounded } as never)) as never;
  }

  async send({
    method,
    url,
    headers,
    body,
    timeoutMs,
    mostBytes,
    bodyMs,
    signal,
  }: Parameters<HttpClient['send']>[0]): Promise<HttpReply> {
    return this.#within(timeoutMs, signal, async (limit) => {
      const reply = await this.#request(method, url, headers, body ?? null, limit);
      const { bytes, cut } = await upTo(reply.body, mostBytes, bodyMs ?? null);
      return { ...headOf(reply), body: bytes, cut };
    });
  }

  async download<T>(
    { url, headers, timeoutMs }: { url: string; headers: Readonly<Record<string, string>>; timeoutMs: number },
    take: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<Omit<HttpReply, 'body' | 'cut'> & { readonly taken: T | null }> {
    return this.#within(timeoutMs, undefined, async (limit) => {
      const reply = await this.#request('GET', url, headers, null, limit);
      try {
        return { ...headOf(reply), taken: reply.statusCode === 200 ? await take(reply.body) : null };
      } finally {
        // Ends the connection where the body was not read to its end.
        reply.body.on('error', () => undefined).destroy();
      }
    });
  }

  async #within<T>(timeoutMs: number, signal: AbortSignal | undefined, run: (limit: AbortSignal) => Promise<T>) {
    const late = AbortSignal.timeout(Math.max(0, Math.round(timeoutMs)));
    try {
      return await run(signal ? AbortSignal.any([late, signal]) : late);
    } catch (error) {
      if (late.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
      throw error;
    }
  }

  #request(
    method: 'GET' | 'POST',
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string | null,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const target = URL.parse(url);
    if (!target || !/^https?:$/.test(target.protocol)) throw new ForbiddenAddress('not an http address');
    // The client ignores credentials in a URL.
    const basic = basicOf(target);
    return request(target, {
      method,
      headers: basic === null ? headers : { authorization: basic, ...headers },
      body,
      dispatcher: this.#agent,
      signal,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#bounded.destroy()]);
  }
}

function headOf({ statusCode, headers }: Dispatcher.ResponseData): Omit<HttpReply, 'body' | 'cut'> {
  const { location } = headers;
  return {
    status: statusCode,
    contentType: String(headers['content-type'] ?? ''),
    ...(typeof location === 'string' ? { location } : {}),
  };
}

async function upTo(
  body: Dispatcher.ResponseData['body'],
  mostBytes: number,
  bodyMs: number | null,
): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let late = false;
  const timer =
    bodyMs === null
      ? null
      : setTimeout(() => {
          late = true;
          body.destroy();
        }, bodyMs);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      // Leaving the loop ends the connection, so an endless response does no harm.
      if (length > mostBytes) return { bytes: Buffer.concat(chunks).subarray(0, mostBytes), cut: true };
    }
  } catch (error) {
    if (!late) throw error;
  } finally {
    if (timer) clearTimeout(timer);
  }
  return { bytes: Buffer.concat(chunks), cut: late };
}

/** The header for the user and password of a URL, or null if it has none. */
function basicOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether an IP address, in any notation, is public. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(plain)) return false;
  const parsed = ipaddr.process(plain);
  // `::127.0.0.1`: IPv4 addresses in the deprecated form of IPv6.
  const isCompatible = parsed instanceof ipaddr.IPv6 && parsed.parts.slice(0, 6).every((part) => part === 0);
  return parsed.range() === 'unicast' && !isCompatible;
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '');
    // One private address among public ones indicates DNS rebinding.
    if (addresses.length === 0 || addresses.some((one) => !isPublicAddress(one.address)))
      return callback(new ForbiddenAddress(`${hostname} leads to an address that is not public`), '');
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

function guardedConnector(): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup, timeout: 10_000 });
  return (options, callback) => {
    // A numeric address is never resolved.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (ipaddr.isValid(host) && !isPublicAddress(host))
      return callback(new ForbiddenAddress(`${host} is not a public address`), null);
    connect(options, callback);
  };
}
