import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import type { Api } from '#apis/kit/api.ts';
import type { RestOperation, Shape } from '#apis/kit/operation.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { BODIES, isErrorOf, makeWorld, type World } from '../support/walk-world.ts';

// Every text that any operation takes, found in the operations' schemas, is sent far too long: it is refused in the
// form of its API, in bounded time, and nothing of it is stored.

type Json = Record<string, unknown>;
type Schema = Readonly<Record<string, unknown>>;

/** A place in an input that takes a text: `['options', 'caller_id']`, `['params', 0]`, `['metadata', '*']`. */
interface Place {
  readonly path: readonly (string | number)[];
  /** The most characters that its schema lets in; null where only a check of the whole bounds it. */
  readonly most: number | null;
  /** Whether the schema itself must bound it. */
  readonly isText: boolean;
}

const MARK = 'toolong';
const long = (length: number): string => MARK.repeat(Math.ceil(length / MARK.length)).slice(0, length);
/** Within the limit of a body, and above what any field takes. */
const IN_BODY = 1_030_000;
/** Within what Node takes as a head of a request, and above it. */
const IN_URL = [300, 12_000, 100_000];
const ANSWERS_WITHIN_MS = 20_000;
const LARGEST_ANSWER = 2000;

function placesIn(schema: Schema, path: readonly (string | number)[] = []): Place[] {
  const choices = (schema['anyOf'] ?? schema['allOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices) return choices.flatMap((one) => placesIn(one, path));
  const types = [schema['type']].flat();
  if (schema['enum'] || schema['const'] !== undefined) return [{ path, most: 0, isText: true }];
  if (types.includes('string'))
    return [{ path, most: (schema['maxLength'] as number | undefined) ?? null, isText: true }];
  if (types.includes('array')) return placesIn(schema['items'] as Schema, [...path, 0]);
  if (types.includes('object')) {
    const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
    const others = schema['additionalProperties'];
    return [
      ...own.flatMap(([name, inner]) => placesIn(inner, [...path, name])),
      ...(others
        ? [...placesIn(others as Schema, [...path, '*']), { path: [...path, MARK], most: null, isText: false }]
        : []),
    ];
  }
  // Any value at all: a check of the whole bounds it.
  return schema['type'] === undefined ? [{ path, most: null, isText: false }] : [];
}

const placesOf = (shape: Shape | undefined): Place[] =>
  shape ? placesIn(z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' })) : [];

/** The same input with a long text in one place. */
function withLong(input: unknown, [part, ...rest]: readonly (string | number)[], text: string): unknown {
  if (part === undefined) return text;
  if (typeof part === 'number') return [withLong(undefined, rest, text)];
  if (part === MARK) return { ...(input as Json), [text]: 'x' };
  const before = typeof input === 'object' && input !== null ? (input as Json) : {};
  return { ...before, [part]: withLong(before[part], rest, text) };
}

/** What carriers send by webhook; each of these fields names a call or says what became of it. */
const WEBHOOKS: Readonly<Record<string, { readonly form: boolean; readonly body: Json }>> = {
  twilio: { form: true, body: { CallSid: 'CA1', CallStatus: 'ringing' } },
  ':roomName': { form: true, body: { CallSid: 'CA1', CallStatus: 'ringing' } },
  'call-status': { form: true, body: { CallSid: 'CA1', CallStatus: 'ringing' } },
  recording: { form: true, body: { CallSid: 'CA1', RecordingUrl: 'https://example.com/1' } },
  vonage: { form: false, body: { uuid: 'u-1' } },
  'aws-connect': { form: false, body: { contactId: 'c-1', eventType: 'INITIATED' } },
  sms: { form: true, body: { MessageSid: 'SM1', From: '+15005550001', To: '+15005550002', Body: 'Hello' } },
  livekit: { form: false, body: { event: 'room_started' } },
  'room-created': { form: false, body: { event: 'room_started' } },
  'participant-joined': { form: false, body: { event: 'participant_joined' } },
  'participant-left': { form: false, body: { event: 'participant_left' } },
  generic: { form: false, body: { event_type: 'call.started', call_id: 'g-1' } },
};

describe('texts that are too long', () => {
  let server: TestServer;
  let world: World;
  let serial = 0;
  const nextSerial = () => ++serial;
  const nameOf = (operation: RestOperation): string => `${operation.method} ${operation.path}`;
  const each = (): [Api, RestOperation][] =>
    server.app.apis.flatMap((api) => api.operations.map((operation): [Api, RestOperation] => [api, operation]));

  async function isRefused(api: Api, operation: RestOperation, what: string, url: string, body?: string | FormData) {
    const reply = await fetch(server.url + url, {
      method: operation.method,
      headers: { authorization: `Bearer ${world.tokens.admin}` },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    const text = await reply.text();
    const where = `${nameOf(operation)}, ${what}: ${reply.status} ${text.slice(0, 300)}`;
    assert.ok([400, 404, 431].includes(reply.status), where);
    assert.ok(text.length < LARGEST_ANSWER, `${nameOf(operation)}, ${what}: the refusal has ${text.length} characters`);
    isErrorOf(api, JSON.parse(text) as Json);
  }

  const pathOf = (operation: RestOperation, params: Readonly<Record<string, string>> = {}): string =>
    operation.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? world.params[name]!));
  const bodyOf = (operation: RestOperation): Json => BODIES[nameOf(operation)]?.(nextSerial()) ?? {};

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: 'first password', REQUIRE_AUTH: 'true' });
    const login = await server.request('POST', '/api/auth/login', {
      email: 'admin@localhost',
      password: 'first password',
    });
    world = await makeWorld(server, String((login.body['data'] as Json)['token']), nextSerial);
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('have a bound in the schema of each field, parameter of a path and of a query', () => {
    const unbounded = each().flatMap(([, operation]) =>
      [operation.params, operation.query, operation.body].flatMap((shape) =>
        placesOf(shape)
          .filter(({ isText, most }) => isText && most === null)
          .map(({ path }) => `${nameOf(operation)}: ${path.join('.')}`),
      ),
    );
    assert.deepEqual(unbounded, []);
  });

  it('are refused in each parameter of a path', async () => {
    for (const [api, operation] of each())
      for (const [, name] of operation.path.matchAll(/:(\w+)/g))
        for (const length of IN_URL)
          await isRefused(api, operation, `${name} of ${length}`, pathOf(operation, { [name!]: long(length) }));
  });

  it('are refused in each parameter of a query', async () => {
    for (const [api, operation] of each())
      for (const { path } of placesOf(operation.query))
        for (const length of IN_URL)
          await isRefused(
            api,
            operation,
            `${path.join('.')} of ${length}`,
            `${pathOf(operation)}?${String(path[0])}=${long(length)}`,
          );
  });

  it('are refused in each field of a body, and just above its bound', async () => {
    let sent = 0;
    for (const [api, operation] of each())
      for (const { path, most } of operation.raw ? [] : placesOf(operation.body))
        for (const length of [IN_BODY, ...(most ? [most + 1] : [])]) {
          const body = withLong(bodyOf(operation), path, long(length));
          await isRefused(api, operation, `${path.join('.')} of ${length}`, pathOf(operation), JSON.stringify(body));
          sent++;
        }
    assert.ok(sent > 100, `${sent} texts were sent`);
  });

  it('are refused in each field of a form, and as the name of its file', async () => {
    for (const [api, operation] of each()) {
      if (!operation.uploads) continue;
      const file = new FormData();
      file.append('file', new Blob(['walked']), `${long(5000)}.txt`);
      await isRefused(api, operation, "the file's name", pathOf(operation), file);
      for (const { path } of placesOf(operation.body)) {
        const form = new FormData();
        for (const [name, value] of Object.entries(bodyOf(operation))) form.append(name, String(value));
        form.set(String(path[0]), long(IN_BODY));
        await isRefused(api, operation, `${path.join('.')} of a form`, pathOf(operation), form);
      }
    }
  });

  it("are refused in carriers' webhooks", async () => {
    for (const [api, operation] of each()) {
      if (!operation.raw || operation.method !== 'POST') continue;
      const sample = WEBHOOKS[operation.path.split('/').at(-1)!];
      assert.ok(sample, `the walk knows no webhook of ${operation.path}`);
      for (const name of Object.keys(sample.body)) {
        const body = { ...sample.body, [name]: long(IN_BODY) } as Record<string, string>;
        const text = sample.form ? new URLSearchParams(body).toString() : JSON.stringify(body);
        await isRefused(api, operation, name, operation.path, text);
      }
    }
  });

  it('are stored nowhere', async () => {
    const tables = await server.database(
      "select table_schema || '.' || quote_ident(table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    assert.ok(tables.length > 20);
    for (const { name } of tables)
      assert.deepEqual(
        await server.database(
          `select * from ${String(name)} as row where row::text like '%${MARK.repeat(20)}%' limit 1`,
        ),
        [],
        String(name),
      );
  });
});
