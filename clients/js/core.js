// The part that every generated client shares: requests, retries, errors, pages, sockets. It depends on nothing and runs
// on Node 20 and in browsers. The build puts it in front of each client's own operations.

/** An error reply of the server. `code` and `details` are those of the API. */
class ApiError extends Error {
  constructor(status, body, requestId) {
    const error = body && typeof body === 'object' ? (body.error ?? body.detail ?? body) : body;
    const inner = error && typeof error === 'object' ? error : {};
    const message = inner.message ?? body?.message ?? (typeof error === 'string' && error !== '' ? error : null);
    super(message ?? `The server answered ${status}`);
    this.name = new.target.name;
    this.status = status;
    this.code = inner.data?.reason ?? inner.data?.code ?? inner.code ?? body?.code ?? body?.error_code ?? null;
    this.details = inner.details ?? body?.details ?? null;
    this.body = body;
    this.requestId = requestId;
  }
}
class BadRequestError extends ApiError {}
class AuthenticationError extends ApiError {}
class PermissionDeniedError extends ApiError {}
class NotFoundError extends ApiError {}
class ConflictError extends ApiError {}
class ServerError extends ApiError {}
class RateLimitError extends ApiError {
  constructor(status, body, requestId, retryAfterMs) {
    super(status, body, requestId);
    /** Milliseconds until the limit is renewed; null if the server does not say. */
    this.retryAfterMs = retryAfterMs;
  }
}
/** The server could not be reached, or the connection broke. */
class ConnectionError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}
/** No reply came within `timeoutMs`. */
class TimeoutError extends ConnectionError {}

const ERROR_OF_STATUS = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  413: BadRequestError,
  422: BadRequestError,
};
const RETRIED_STATUSES = new Set([429, 502, 503, 504]);
const LONGEST_PAUSE_MS = 30_000;

const environment = (name) => (typeof process === 'object' && process.env ? process.env[name] : undefined);

/** Settings with their defaults. A documented placeholder host gives way to the environment's. */
function readSettings(given, defaults) {
  const options = given ?? {};
  const named = options.baseUrl ?? options.baseURL ?? null;
  const fromEnvironment = environment(defaults.urlVariable) ?? null;
  const baseUrl =
    named === null || named.replace(/\/+$/, '') === defaults.placeholderUrl
      ? (fromEnvironment ?? named ?? defaults.baseUrl)
      : named;
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    apiKey: options.apiKey ?? environment(defaults.keyVariable) ?? null,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxRetries: options.maxRetries ?? 3,
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    WebSocket: options.WebSocket ?? null,
    prefix: defaults.prefix,
  };
}

/** The address of a path of the API. The base URL may end with the API's own prefix. */
function addressOf({ baseUrl, prefix }, path) {
  const base = prefix !== '' && baseUrl.endsWith(prefix) ? baseUrl.slice(0, -prefix.length) : baseUrl;
  return base + path;
}

class Transport {
  constructor(settings) {
    this.settings = settings;
  }

  /** Sends one request, repeated where that cannot do a thing twice. @throws ApiError, ConnectionError */
  async send(operation, params, input, options = {}) {
    const { apiKey, maxRetries } = this.settings;
    let path = operation.path;
    for (const [at, name] of operation.params.entries())
      path = path.replace(`:${name}`, encodeURIComponent(params[at]));
    const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE';
    const value = rename(input, operation.input, snake);
    const query = { ...(hasBody ? {} : queryOf(operation, value)), ...options.query };
    const headers = { accept: 'application/json, */*', ...options.headers };
    if (apiKey !== null) headers.authorization = `Bearer ${apiKey}`;
    const repeatable = operation.method !== 'POST' || operation.creates === true;
    if (operation.creates) headers['idempotency-key'] = options.idempotencyKey ?? randomId();
    const request = { method: operation.method, headers };
    if (hasBody && value !== undefined && value !== null) {
      const form = formOf(value);
      request.body = form ?? JSON.stringify(value);
      if (!form) headers['content-type'] = 'application/json';
    }
    const url = addressOf(this.settings, path) + queryText(query);
    for (let attempt = 0; ; attempt++) {
      let failure;
      try {
        const reply = await this.once(url, request, options);
        return operation.procedure ? reply.result.data : rename(reply, operation.output, camel);
      } catch (error) {
        failure = error;
      }
      const refused = failure instanceof ApiError;
      // A limit refuses a request before it does anything; any other request is repeated only where that is safe.
      const again = refused
        ? failure.status === 429 || (repeatable && RETRIED_STATUSES.has(failure.status))
        : repeatable && failure instanceof ConnectionError;
      if (!again || attempt >= maxRetries || options.signal?.aborted) throw failure;
      const wait = failure.retryAfterMs ?? Math.random() * 250 * 2 ** attempt + 250 * 2 ** attempt;
      if (wait > LONGEST_PAUSE_MS) throw failure;
      await pause(wait, options.signal);
    }
  }

  async once(url, request, { signal, timeoutMs = this.settings.timeoutMs }) {
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = new AbortController();
    const abort = () => both.abort();
    for (const one of [timeout, signal]) one?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      const reply = await this.settings.fetch(url, { ...request, signal: both.signal });
      return await readReply(reply);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      if (timeout.aborted) throw new TimeoutError(`No reply within ${timeoutMs} ms from ${url}`, { cause: error });
      const cause = error?.cause?.message ?? error?.message;
      throw new ConnectionError(`Cannot reach ${url}: ${cause}`, { cause: error });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

async function readReply(reply) {
  const type = reply.headers.get('content-type') ?? '';
  const requestId = reply.headers.get('x-request-id');
  if (reply.ok) {
    if (reply.status === 204) return undefined;
    if (type.includes('json')) return reply.json();
    return type.startsWith('text/') ? reply.text() : reply.arrayBuffer();
  }
  const text = await reply.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // An intermediary may answer with a page.
  }
  if (reply.status === 429) throw new RateLimitError(429, body, requestId, retryAfterMs(reply.headers));
  const kind = ERROR_OF_STATUS[reply.status] ?? (reply.status >= 500 ? ServerError : ApiError);
  const error = new kind(reply.status, body, requestId);
  const after = retryAfterMs(reply.headers);
  if (after !== null) error.retryAfterMs = after;
  throw error;
}

function retryAfterMs(headers) {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });

const randomId = () => globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

function queryText(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return '';
  const text = new URLSearchParams();
  for (const [name, value] of pairs)
    for (const one of Array.isArray(value) ? value : [value])
      text.append(name, one instanceof Date ? one.toISOString() : String(one));
  return `?${text}`;
}

/** A procedure of tRPC reads its input from one parameter. */
const queryOf = (operation, value) =>
  !operation.procedure ? value : value === undefined ? {} : { input: JSON.stringify(value) };

/** A form if a value is a file (Blob or bytes), else null. */
function formOf(value) {
  const isFile = (one) => (typeof Blob === 'function' && one instanceof Blob) || ArrayBuffer.isView(one);
  if (typeof value !== 'object' || !Object.values(value).some(isFile)) return null;
  const form = new FormData();
  for (const [name, one] of Object.entries(value)) {
    if (one === undefined || one === null) continue;
    if (!isFile(one)) form.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    else form.append(name, one instanceof Blob ? one : new Blob([one]), one.name ?? 'file');
  }
  return form;
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/**
 * Renames the documented fields of a value; all others stay. A shape is `{field: shape}`, `[shape]` for a list,
 * `{'*': shape}` for a map, or 0 for a value that stays as it is.
 */
function rename(value, shape, how) {
  if (!shape || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(shape)) return Array.isArray(value) ? value.map((one) => rename(one, shape[0], how)) : value;
  const result = {};
  for (const [key, one] of Object.entries(value)) {
    const wire = key in shape ? key : snake(key);
    if (wire in shape) result[how(wire)] = rename(one, shape[wire], how);
    else result[key] = '*' in shape ? rename(one, shape['*'], how) : one;
  }
  return result;
}

/** Every record of a list, page after page. */
async function* records(call, { by, take: sizeName, items, size }, query) {
  const take = Number(query?.[sizeName] ?? query?.[camel(sizeName)] ?? size);
  const start = by === 'page' ? 1 : 0;
  for (let at = Number(query?.[by] ?? start); ; at += by === 'page' ? 1 : take) {
    const reply = await call({ ...query, [sizeName]: take, [by]: at });
    const list = items.reduce((value, name) => value?.[name], reply) ?? [];
    yield* list;
    if (list.length < take) return;
  }
}

/**
 * A socket of events. It connects again after a loss and goes on behind the last event, so none is lost or repeated.
 * `for await (const event of socket)` reads it; `close()` ends it.
 */
class EventStream {
  #settings;
  #Socket;
  #path;
  #hello;
  #cursor;
  #waiting = [];
  #wake = null;
  #socket = null;
  #closed = false;
  #opened = false;
  #error = null;

  /** @throws Error in a runtime without a WebSocket */
  constructor(settings, path, { hello = null, cursor = null } = {}) {
    this.#settings = settings;
    this.#Socket = settings.WebSocket ?? globalThis.WebSocket;
    if (!this.#Socket) throw new Error('This runtime has no WebSocket: give one in the option WebSocket');
    this.#path = path;
    this.#hello = hello;
    this.#cursor = cursor;
    void this.#run();
  }

  /** Of the last event: a later stream goes on behind it. */
  get cursor() {
    return this.#cursor;
  }

  send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift();
      if (this.#error) throw this.#error;
      if (this.#closed) return;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  async #run() {
    for (let failures = 0; !this.#closed;) {
      const began = Date.now();
      try {
        await this.#connect();
      } catch (error) {
        this.#error = error;
        this.#wake?.();
        return;
      }
      failures = Date.now() - began > 10_000 ? 0 : failures + 1;
      // What never opened is refused, such as a wrong credential; what was open once is opened again for as long as it takes.
      if (!this.#opened && failures > this.#settings.maxRetries)
        this.#error = new ConnectionError(`The server opens no socket at ${this.#path}`);
      if (this.#error) return this.#wake?.();
      if (!this.#closed) await pause(Math.min(10_000, 250 * 2 ** failures));
    }
    this.#wake?.();
  }

  /** Settles when the connection ends. */
  #connect() {
    const url = new URL(addressOf(this.#settings, this.#path));
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (this.#settings.apiKey !== null) url.searchParams.set('token', this.#settings.apiKey);
    if (!this.#hello && this.#cursor !== null) url.searchParams.set('cursor', this.#cursor);
    return new Promise((resolve) => {
      const socket = (this.#socket = new this.#Socket(url.href));
      socket.onopen = () => {
        this.#opened = true;
        if (this.#hello) this.send(this.#hello(this.#cursor));
      };
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data));
        if (message.cursor !== undefined) this.#cursor = message.cursor;
        this.#waiting.push(message);
        this.#wake?.();
      };
      socket.onerror = () => undefined;
      socket.onclose = () => resolve();
    });
  }
}

/** A client whose resources and methods are the given operations. */
function defineClient(defaults, tree, sockets) {
  const bind = (client, transport, node) => {
    for (const [name, one] of Object.entries(node)) {
      if (!('path' in one)) {
        client[name] = bind({}, transport, one);
        continue;
      }
      const count = one.params.length;
      const call = (...args) => transport.send(one, args.slice(0, count), args[count], args[count + 1]);
      client[name] = one.procedure ? { [one.procedure]: call } : call;
      if (one.pages)
        client[`iterate${name === 'list' ? '' : name[0].toUpperCase() + name.slice(1)}`] = (...args) =>
          records((query) => call(...args.slice(0, count), query), one.pages, args[count]);
    }
    return client;
  };
  return class {
    constructor(options) {
      const settings = readSettings(options, defaults);
      bind(this, new Transport(settings), tree);
      for (const [name, open] of Object.entries(sockets)) this[name] = (...args) => open(settings, ...args);
    }
  };
}
