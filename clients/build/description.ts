import { z } from 'zod';
import type { Procedure, RestOperation, Shape } from '#apis/kit/operation.ts';
import { apisOf } from '../../src/app/apis.ts';
import type { ClientDefinition } from './clients.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** How a list is read page after page. */
export interface Pages {
  readonly by: 'page' | 'skip' | 'offset';
  /** The parameter for the size of a page. */
  readonly take: 'limit' | 'page_size';
  /** Where the records stand in the reply. */
  readonly items: readonly string[];
  readonly size: number;
}

export interface Method {
  readonly kind: 'method';
  /** In snake case. */
  readonly name: string;
  readonly summary: string;
  readonly operation: Pick<RestOperation, 'method' | 'path' | 'body' | 'query' | 'creates' | 'contentType'>;
  /** What a procedure of tRPC is called by. */
  readonly procedure?: 'query' | 'mutate';
  readonly params: readonly string[];
  /** Of the body, or of the query where there is none; null where the operation takes neither. */
  readonly input: Schema | null;
  readonly output: Schema;
  readonly pages: Pages | null;
}

export interface Resource {
  readonly kind: 'resource';
  readonly members: Map<string, Resource | Method>;
}

const PAGE_SIZE = 100;

/** The operations of an API as resources with methods. @throws Error if two operations get one name. */
export function describeClient(definition: ClientDefinition): Resource {
  const api = apisOf([]).find((one) => one.name === definition.api);
  if (!api) throw new Error(`There is no API ${definition.api}`);
  const paths = new Map<string, Set<string>>();
  for (const { path, method } of api.operations) {
    const methods = paths.get(path) ?? new Set();
    paths.set(path, methods.add(method));
  }
  const root: Resource = { kind: 'resource', members: new Map() };
  for (const operation of api.operations) {
    const key = `${operation.method} ${operation.path}`;
    const parts = (definition.names[key] ?? nameOf(operation, definition.unnamed, paths)).split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) {
      const next = at.members.get(part) ?? { kind: 'resource', members: new Map() };
      if (next.kind === 'method') throw new Error(`${part} of ${key} is a method already`);
      at.members.set(part, next);
      at = next;
    }
    const name = parts.at(-1)!;
    if (at.members.has(name)) throw new Error(`${key}: ${parts.join('.')} is another operation already`);
    at.members.set(name, methodOf(name, operation));
  }
  return root;
}

/** The procedures of an API as resources. */
export function describeProcedures(name: string): Resource {
  const api = apisOf([]).find((one) => one.name === name);
  if (!api) throw new Error(`There is no API ${name}`);
  const root: Resource = { kind: 'resource', members: new Map() };
  for (const one of api.procedures ?? []) {
    const [group, method] = one.name.split('.') as [string, string];
    const resource = root.members.get(group) ?? { kind: 'resource', members: new Map() };
    root.members.set(group, resource);
    if (resource.kind === 'resource') resource.members.set(method, procedureOf(method, one, api.proceduresAt ?? ''));
  }
  return root;
}

const procedureOf = (name: string, one: Procedure, at: string): Method => ({
  kind: 'method',
  name,
  summary: one.summary,
  operation: { method: one.kind === 'query' ? 'GET' : 'POST', path: `${at}/${one.name}` },
  procedure: one.kind === 'query' ? 'query' : 'mutate',
  params: [],
  input: one.body ? schemaOf(one.body, 'input') : null,
  output: schemaOf(one.reply, 'output'),
  pages: null,
});

function methodOf(name: string, operation: RestOperation): Method {
  const takesBody = operation.method !== 'GET' && operation.method !== 'DELETE';
  const shape = takesBody ? operation.body : operation.query;
  const output = schemaOf(operation.reply, 'output');
  const input = shape ? schemaOf(shape, 'input') : null;
  return {
    kind: 'method',
    name,
    summary: operation.summary,
    operation,
    params: operation.path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : [])),
    input,
    output,
    pages: operation.method === 'GET' ? pagesOf(input, output) : null,
  };
}

/** References are resolved, so that a schema stands alone; a recursive one ends in a schema of anything. */
export function schemaOf(shape: Shape, io: 'input' | 'output'): Schema {
  const schema = z.toJSONSchema(shape, { io, unrepresentable: 'any', target: 'draft-2020-12', reused: 'inline' });
  const defs = ((schema as Schema)['$defs'] ?? {}) as Readonly<Record<string, Schema>>;
  const resolve = (value: unknown, above: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((one) => resolve(one, above));
    if (typeof value !== 'object' || value === null) return value;
    const ref = (value as Schema)['$ref'];
    if (typeof ref === 'string') {
      const name = ref.split('/').at(-1)!;
      return above.includes(name) || !defs[name] ? {} : resolve(defs[name], [...above, name]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one, above)]));
  };
  const { $schema: _, $defs: __, ...plain } = schema as Schema;
  return resolve(plain, []) as Schema;
}

export const propertiesOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;

/** Whether a text is a number, as in a query. */
export const isOfDigits = ({ pattern }: Schema): boolean => typeof pattern === 'string' && pattern.startsWith('^\\d');

function pagesOf(input: Schema | null, output: Schema): Pages | null {
  const query = input ? propertiesOf(input) : {};
  const by = (['page', 'skip', 'offset'] as const).find((name) => name in query);
  const take = (['limit', 'page_size'] as const).find((name) => name in query);
  const items = listIn(output, []);
  return by && take && items ? { by, take, items, size: PAGE_SIZE } : null;
}

function listIn(schema: Schema, path: readonly string[]): readonly string[] | null {
  const fields = Object.entries(propertiesOf(schema));
  const list = fields.find(([, one]) => one['type'] === 'array');
  if (list) return [...path, list[0]];
  const data = path.length === 0 ? fields.find(([name]) => name === 'data')?.[1] : undefined;
  return data ? listIn(data, ['data']) : null;
}

/** `GET /calls/:id` -> `calls.get`; `POST /calls/:id/end` -> `calls.end`; `GET /agents/:id/tools` -> `agents.tools.list`. */
function nameOf(
  { method, path }: RestOperation,
  unnamed: readonly string[],
  paths: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const left = unnamed.find((prefix) => path.startsWith(`${prefix}/`)) ?? '';
  const resource: string[] = [];
  const verb: string[] = [];
  const parts = path.slice(left.length).split('/').filter(Boolean);
  for (const [n, part] of parts.entries()) {
    if (part.startsWith(':')) continue;
    const upTo =
      left +
      parts
        .slice(0, n + 1)
        .map((one) => `/${one}`)
        .join('');
    const isCollection = [...paths.keys()].some((one) => one.startsWith(`${upTo}/:`)) || isListed(paths.get(upTo));
    if (n === 0 || (isCollection && verb.length === 0 && n < 4)) resource.push(part);
    else verb.push(part);
  }
  const word = verb.join('_').replace(/[^a-z0-9]+/gi, '_');
  const endsInParam = parts.at(-1)?.startsWith(':') ?? false;
  const where = resource.map((part) => part.replace(/[^a-z0-9]+/gi, '_')).join('.');
  return `${where}.${methodName(method, word, endsInParam)}`;
}

const isListed = (methods: ReadonlySet<string> | undefined) => (methods?.has('GET') && methods.has('POST')) ?? false;

function methodName(method: string, word: string, endsInParam: boolean): string {
  if (word === '') {
    if (method === 'GET') return endsInParam ? 'get' : 'list';
    return { POST: 'create', DELETE: 'delete' }[method] ?? 'update';
  }
  return { GET: `get_${word}`, PUT: `set_${word}`, PATCH: `update_${word}`, DELETE: `delete_${word}` }[method] ?? word;
}
