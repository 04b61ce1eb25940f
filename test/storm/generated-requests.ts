import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import type { RestOperation, Shape } from '#apis/kit/operation.ts';

// Requests made from the schemas of the operations themselves: right ones, ones with one field of another type, and
// ones that no client would send on purpose.

export interface GeneratedRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Ids of records that exist, for operations that take one; it grows as requests make more. */
export type Known = Readonly<Record<string, string[]>>;

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const LONGEST_TEXT = 60;
const LONGEST_HEAD = 4000;

/** Values of fields whose schema does not tell what they are for. */
const BY_NAME: Readonly<Record<string, Arbitrary<unknown>>> = {
  to_number: fc.constantFrom('+15005550001', '+15005550001', '+15005550002', '+15005550003'),
  phone_number: fc.constantFrom('+15005550001', '+15005550002', '+4930999999'),
  password: fc.constantFrom('temp_password', 'short', 'another password'),
  current_password: fc.constant('temp_password'),
  admin_password: fc.constantFrom('temp_password', 'x'),
  email: fc.integer({ min: 0, max: 1e9 }).map((n) => `storm${n}@example.com`),
  admin_email: fc.integer({ min: 0, max: 1e9 }).map((n) => `boss${n}@example.com`),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Mars/Base'),
  is_active: fc.boolean(),
  skip: fc.nat(2000).map(String),
  offset: fc.nat(2000).map(String),
  limit: fc.nat(100).map(String),
  page: fc.nat(30).map(String),
};

const HOSTILE_TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\u202e',
    '__proto__',
    'constructor',
    "' or 1=1 --",
    '${7*7}',
    '{{name}}',
    '<script>',
    '../../../etc/passwd',
    '%00',
    'NaN',
    'null',
    'true',
    '-1',
    '1e309',
    '0x10',
    '٣',
    '1'.repeat(400),
    'x'.repeat(20_000),
  ),
);

const HOSTILE = fc.oneof(
  HOSTILE_TEXT,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    0.5,
    1e308,
    2 ** 53,
    -(2 ** 63),
    [],
    {},
    [[]],
    [null],
    { __proto__: null },
    { length: 1e9 },
    { toString: 'x' },
    { $ne: null },
  ),
  fc.jsonValue({ maxDepth: 4 }),
);

function valueOf(schema: JsonSchema, name = ''): Arbitrary<unknown> {
  const known = BY_NAME[name];
  if (known) return known;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valueOf(one)));
  switch (schema.type) {
    case 'string':
      return fc.string({
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength ?? LONGEST_TEXT, LONGEST_TEXT),
        unit: 'grapheme',
      });
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? -1000, -1e6), max: Math.min(schema.maximum ?? 1000, 1e6) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueOf(schema.items ?? {}), { maxLength: 5 });
    case 'object':
      return objectOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(schema: JsonSchema): Arbitrary<Record<string, unknown>> {
  const { properties, required = [] } = schema;
  if (!properties)
    return fc.dictionary(
      fc.string({ maxLength: 20 }),
      valueOf(typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}),
      { maxKeys: 5 },
    );
  return fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valueOf(one, name)])), {
    requiredKeys: [...required],
  });
}

const schemaOf = (shape: Shape): JsonSchema =>
  z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** A valid request; one with a field of another type; one with unknown fields. */
function somewhatWrong(schema: JsonSchema): Arbitrary<Record<string, unknown>> {
  const right = objectOf(schema);
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return right;
  return fc.oneof(
    { arbitrary: right, weight: 5 },
    {
      arbitrary: fc
        .tuple(right, fc.constantFrom(...names), HOSTILE)
        .map(([value, name, bad]) => ({ ...value, [name]: bad })),
      weight: 4,
    },
    {
      arbitrary: fc
        .tuple(right, fc.dictionary(fc.string({ maxLength: 20 }), HOSTILE, { maxKeys: 3 }))
        .map(([value, more]) => ({ ...value, ...more })),
      weight: 1,
    },
  );
}

const bodyOf = (operation: RestOperation): Arbitrary<string | undefined> => {
  if (operation.method === 'GET' || operation.method === 'DELETE')
    return fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 9 },
      { arbitrary: fc.constant(operation.method === 'GET' ? undefined : '{"a":1}'), weight: 1 },
    );
  const schema = operation.body ? schemaOf(operation.body) : {};
  return fc.oneof(
    { arbitrary: somewhatWrong(schema).map((value) => JSON.stringify(value)), weight: 12 },
    { arbitrary: HOSTILE.map((value) => JSON.stringify(value) ?? ''), weight: 2 },
    {
      arbitrary: fc.constantFrom(
        '',
        '{',
        '{"a":',
        '[',
        'null',
        '"',
        '{"name":1e400}',
        '{"a":1,"a":2}',
        `${'['.repeat(100)}${']'.repeat(100)}`,
        `{"name":"${'x'.repeat(300_000)}"}`,
        '\ufeff{}',
        '{}garbage',
        "{'name':'x'}",
      ),
      weight: 2,
    },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 100 }), weight: 1 },
  );
};

/** An id that exists, one that does not, or none at all. */
const idOf = (name: string, known: Known): Arbitrary<string> =>
  fc.oneof(
    {
      arbitrary: fc.nat().map((n) => (known[name]?.length ? known[name][n % known[name].length]! : 'none')),
      weight: 6,
    },
    {
      arbitrary: fc.constantFrom(
        'agent_999999',
        'user_1',
        'org_2',
        'key_999999',
        `CA${'0'.repeat(32)}`,
        'call_999999',
        'conv_1',
      ),
      weight: 2,
    },
    { arbitrary: HOSTILE_TEXT.filter((text) => text.length < 500), weight: 1 },
  );

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

function pathOf(operation: RestOperation, known: Known): Arbitrary<string> {
  const names = [...operation.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const query = operation.query ? somewhatWrong(schemaOf(operation.query)) : fc.constant({});
  return fc
    .tuple(
      fc.tuple(...names.map((name) => idOf(name, known))),
      query,
      fc.constantFrom(
        ...Array<string>(30).fill('as it is'),
        '//',
        '/..%2f',
        '%zz',
        '/%00',
        ';x=1',
        '?',
        '#x',
        '?a[b]=1',
        '/ÿ',
      ),
    )
    .map(([ids, search, trick]) => {
      let i = 0;
      const path = operation.path.replace(/:(\w+)/g, () => encoded(ids[i++]!));
      const text = Object.entries(search)
        .map(
          ([name, value]) =>
            `${encoded(name)}=${encoded(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))}`,
        )
        .join('&');
      return trick === 'as it is'
        ? path + (text === '' ? '' : `?${text}`)
        : path + encodeURI(trick).replaceAll('%25', '%');
    });
}

const headersOf = (keys: Readonly<Record<string, string>>): Arbitrary<Record<string, string>> =>
  fc
    .tuple(
      fc.oneof(
        { arbitrary: fc.constant<Record<string, string>>({ 'xi-api-key': keys['admin']! }), weight: 12 },
        { arbitrary: fc.constant<Record<string, string>>({ 'x-api-key': keys['viewer']! }), weight: 2 },
        {
          arbitrary: fc.constantFrom<Record<string, string>>(
            { authorization: `Bearer ${keys['admin']!}` },
            {},
            { 'xi-api-key': 'wrong' },
            { authorization: 'Bearer a.b.c' },
            { authorization: 'Basic x' },
            { authorization: `Bearer ${'x'.repeat(5000)}` },
          ),
          weight: 3,
        },
      ),
      fc.constantFrom<Record<string, string>>(
        ...Array.from({ length: 20 }, () => ({})),
        { 'content-type': 'text/xml' },
        { 'content-type': 'multipart/form-data' },
        { 'content-type': ';;;' },
        { 'x-forwarded-for': '1.2.3.4' },
        { 'x-http-method-override': 'DELETE' },
        { 'idempotency-key': 'storm' },
        { 'idempotency-key': '\u00ff' },
        { accept: 'text/html' },
        { host: 'evil.example' },
        { origin: 'https://evil.example' },
        { expect: '100-continue' },
        { 'accept-encoding': 'gzip' },
        { range: 'bytes=0-1' },
        { cookie: `a=${'b'.repeat(3000)}` },
      ),
    )
    .map(([credential, more]) => ({ 'content-type': 'application/json', ...credential, ...more }));

/** One request, to any of the operations. */
export function requests(
  operations: readonly RestOperation[],
  known: Known,
  keys: Readonly<Record<string, string>>,
): Arbitrary<GeneratedRequest> {
  return fc.oneof(
    ...operations.map((operation) =>
      fc
        .record({
          path: pathOf(operation, known),
          headers: headersOf(keys),
          body: bodyOf(operation),
          method: fc.constantFrom(...Array<string>(25).fill(operation.method), 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
        })
        .map(({ path, headers, body, method }) => ({
          // An answer to what the server could not read has a body, which HEAD does not expect.
          operation: `${operation.method} ${operation.path}`,
          method: method === 'HEAD' && path.length > LONGEST_HEAD ? 'GET' : method,
          path,
          headers,
          body: method === 'GET' || method === 'HEAD' ? undefined : body,
        })),
    ),
  );
}
