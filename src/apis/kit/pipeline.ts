import { isDeepStrictEqual } from 'node:util';
import type { Core } from '#core/core.ts';
import type { Principal } from '#core/identity/principal.ts';
import { isAllowed, type Context } from '#core/kernel/context.ts';
import { AppError, ChangedMeanwhile, invalid } from '#core/kernel/errors.ts';
import { FairTurns } from '#core/kernel/fair-turns.ts';
import type { Api } from './api.ts';
import { authenticate, credentialIn, type Headers } from './authenticate.ts';
import { CsvReply } from './csv.ts';
import { EditConflict, editRecord, expectedRevision, showRecord, withoutSecrets } from './editing.ts';
import { parseInput } from './input.ts';
import type { ReplyHeaders, RequestCount, RequestLimits } from './limits.ts';
import { carryOutOnce, idempotencyKey } from './once.ts';
import type { Operation, OperationCall, Urls } from './operation.ts';

/** Concurrent uploads of documents; a request that waits longer than `PLACE_WAIT_MS` is refused. */
const PLACES = { atOnce: 12, perKey: 3, waitingPerKey: 8 };
const PLACE_WAIT_MS = 10_000;
const PLACE_RETRY_MS = 10_000;

export interface PipelineOptions {
  readonly core: Core;
  readonly urls: Urls;
  readonly limits: RequestLimits;
  /** In tests: a reply with more than its schema is an error instead of being cut. */
  readonly strictReplies: boolean;
  /** The header that shows that a page of another site makes the request, or null. */
  readonly foreignIn: (headers: Headers) => string | null;
  /**
   * The principal of a request without a credential to an API that is open on loopback; null where credentials are
   * required.
   */
  readonly localPrincipal: (() => Promise<Principal>) | null;
}

/** A request as every transport brings it. */
export interface PipelineRequest {
  readonly id: string;
  /** The network address that it comes from. */
  readonly address: string;
  readonly headers: Headers;
  /** Sets headers of the reply. */
  setHeaders(headers: ReplyHeaders): void;
  /** It is a part of a request that is counted already: only the operation's own limit is counted. */
  readonly counted?: RequestCount;
}

/** A request whose principal is known and which is within its limits, before its body is read. */
export interface Admitted {
  /** Null when it shows no valid credential. */
  readonly principal: Principal | null;
  /** The principal, or why there is none. */
  readonly credential: Principal | AppError;
  readonly count: RequestCount;
}

/** The parts of an operation's input before they are checked. */
export interface RawInput {
  readonly params?: unknown;
  readonly query?: unknown;
  /** The operation that shows the record that this one edits. */
  readonly shows?: Operation | null;
  /** Read when the rest has been checked. */
  body(): Promise<unknown>;
}

export type Outcome =
  | { readonly kind: 'reply'; readonly body: unknown; readonly replayed: boolean }
  | {
      readonly kind: 'stream';
      run(send: (event: string, data: object) => void, signal: AbortSignal): Promise<void>;
    };

/** @throws AppError invalid-input if the request is written for another version of the API */
function checkVersion({ version }: Api, request: PipelineRequest): void {
  if (version === undefined) return;
  request.setHeaders({ 'x-api-version': version });
  const wanted = request.headers['x-api-version'];
  if (wanted !== undefined && wanted !== version) throw invalid('X-API-Version', `must be ${version}`);
}

/** @throws AppError unauthenticated, token-expired, forbidden */
function checkPermission({ permission }: Operation, credential: Principal | AppError): void {
  if (credential instanceof AppError) throw credential;
  if (permission !== 'anybody' && !isAllowed(credential.actor, permission))
    throw new AppError('forbidden', 'This role may not do that');
}

/**
 * What happens to every request of every API, whatever carries it: authenticate, limit, authorize, validate, apply
 * idempotency, call, cut the reply.
 */
export class Pipeline {
  readonly options: PipelineOptions;
  readonly #places = new FairTurns(PLACES);

  constructor(options: PipelineOptions) {
    this.options = options;
  }

  /** Runs before the body is read. `operation` null: a path that no operation has. @throws AppError */
  async admit(api: Api, operation: Operation | null, request: PipelineRequest): Promise<Admitted> {
    const open = operation === null || operation.permission === 'anybody';
    const { credential, local } = await this.#identify(api, request, open);
    const principal = credential instanceof AppError ? null : credential;
    const { limits } = this.options;
    const { counted } = request;
    const count =
      counted ?? limits.begin(api, local ? null : principal, request.address, (headers) => request.setHeaders(headers));
    const admitted = { principal, credential, count };
    // A raw operation authenticates and counts by itself.
    if (operation?.raw) return admitted;
    const limit = operation?.limit ?? (counted ? null : api.usualLimit(principal?.plan ?? 'standard'));
    if (limit) await count.against(limit);
    checkVersion(api, request);
    if (operation?.localOnly && credential instanceof AppError) {
      const foreign = this.options.foreignIn(request.headers);
      if (foreign !== null)
        throw new AppError('forbidden', `Without an API key pages of other sites may not do that (${foreign})`);
    }
    if (!open) checkPermission(operation, credential);
    return admitted;
  }

  /** Whether a request may be carried out, without counting it. @throws AppError */
  async authorize(api: Api, operation: Operation, request: PipelineRequest): Promise<void> {
    if (operation.permission === 'anybody') return;
    checkPermission(operation, (await this.#identify(api, request, false)).credential);
  }

  async #identify(
    api: Api,
    request: PipelineRequest,
    open: boolean,
  ): Promise<{ readonly credential: Principal | AppError; readonly local: Principal | AppError | null }> {
    const shown = await this.#credentialOf(request, open);
    const local = open ? null : await this.#localPrincipal(api, request);
    return { credential: local ?? shown, local };
  }

  /**
   * Takes one of the organization's places for documents, before the body is read. The answer gives it back. @throws
   * AppError rate-limited
   */
  async takePlace(operation: Operation, { principal }: Admitted): Promise<() => void> {
    if (!operation.takesPlace || !principal) return () => undefined;
    const leave = await this.#places.take(principal.organizationId, AbortSignal.timeout(PLACE_WAIT_MS));
    if (leave) return leave;
    throw new AppError('rate-limited', 'Too many documents are being taken in. Try again in a moment.', {
      retryAt: new Date(this.options.core.clock.now().getTime() + PLACE_RETRY_MS),
      limit: PLACES.perKey,
    });
  }

  /** Validates the input, carries the operation out and cuts its reply. @throws AppError */
  async run(operation: Operation, admitted: Admitted, request: PipelineRequest, raw: RawInput): Promise<Outcome> {
    const { core, urls } = this.options;
    const { principal, count } = admitted;
    const input = {
      params: parseInput(operation.params, raw.params, 'path'),
      query: parseInput(operation.query, raw.query, 'query'),
      body: parseInput(operation.body, operation.body ? await raw.body() : undefined, 'body'),
    };
    const ctx: Context | null =
      principal && operation.permission !== 'anybody'
        ? { organizationId: principal.organizationId, actor: principal.actor, requestId: request.id }
        : null;
    const callAs = (as: Context | null): OperationCall<unknown, unknown, unknown, Context | null> => ({
      core,
      urls,
      ctx: as,
      requestId: request.id,
      address: request.address,
      count: (limit, subject) => count.against(limit, subject),
      ...input,
    });
    const { stream } = operation;
    if (ctx && stream?.wanted(input.body))
      return { kind: 'stream', run: (send, signal) => stream.handle(callAs(ctx), send, signal) };
    const handle = async (as: Context | null) => {
      if (operation.alsoLimit) await count.against(operation.alsoLimit);
      return this.#cut(operation, await operation.handle(callAs(as)));
    };
    const carryOut = async (as: Context | null) => {
      if (!as || !operation.record) return handle(as);
      const { reply, etag } = await this.#ofRecord(
        operation,
        as,
        request,
        { ...input, shows: raw.shows ?? null },
        handle,
      );
      request.setHeaders({ etag });
      return reply;
    };
    const key = operation.creates && ctx ? idempotencyKey(request.headers['idempotency-key']) : null;
    if (key === null || !ctx) return { kind: 'reply', body: await carryOut(ctx), replayed: false };
    const { reply, replayed } = await carryOutOnce(core, operation, ctx, key, input, carryOut);
    return { kind: 'reply', body: reply, replayed };
  }

  /** Shows or edits one record. @throws EditConflict */
  async #ofRecord(
    operation: Operation,
    ctx: Context,
    request: PipelineRequest,
    input: { readonly params: unknown; readonly body: unknown; readonly shows: Operation | null },
    handle: (ctx: Context) => Promise<unknown>,
  ): Promise<{ readonly reply: unknown; readonly etag: string }> {
    const { core, urls } = this.options;
    const subject = operation.record!(input.params, ctx);
    if (operation === input.shows) return showRecord(core, ctx, subject, () => handle(ctx));
    const expected = expectedRevision(request.headers['if-match']);
    try {
      return await editRecord(core, ctx, subject, expected, handle);
    } catch (error) {
      const { shows } = input;
      if (!(error instanceof ChangedMeanwhile) || !shows) throw error;
      // What shows a record counts nothing further.
      const count = () => Promise.resolve();
      const call = { core, urls, ctx, count, requestId: request.id, address: request.address, params: input.params };
      const { reply, etag } = await showRecord(core, ctx, subject, async () =>
        this.#cut(shows, await shows.handle({ ...call, query: undefined, body: undefined })),
      );
      throw new EditConflict(error, { etag, current: reply, yours: withoutSecrets(input.body) });
    }
  }

  /** An open operation, such as health, answers even if credentials cannot be read. */
  async #credentialOf({ headers }: PipelineRequest, open: boolean): Promise<Principal | AppError> {
    if (credentialIn(headers) === null) return new AppError('unauthenticated', 'Missing API key or access token');
    try {
      return await authenticate(this.options.core, headers);
    } catch (error) {
      if (error instanceof AppError) return error;
      if (open) return new AppError('unavailable', 'The credential could not be looked up');
      throw error;
    }
  }

  /**
   * For an API that is open on loopback: the principal of a request without a credential, or why there is none. Null
   * elsewhere.
   */
  async #localPrincipal(api: Api, { headers }: PipelineRequest): Promise<Principal | AppError | null> {
    const { localPrincipal, foreignIn } = this.options;
    if (!api.openOnLoopback || !localPrincipal || credentialIn(headers) !== null) return null;
    const foreign = foreignIn(headers);
    return foreign === null
      ? localPrincipal()
      : new AppError('forbidden', `Without an API key pages of other sites may not do that (${foreign})`);
  }

  #cut(operation: Operation, result: unknown): unknown {
    const reply = operation.reply.parse(result);
    if (
      operation.reply !== CsvReply &&
      this.options.strictReplies &&
      !isDeepStrictEqual(reply, JSON.parse(JSON.stringify(result)))
    )
      throw new Error(`${operation.name} says more than its schema: ${JSON.stringify(result)}`);
    return reply;
  }
}
