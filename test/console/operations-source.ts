import { join } from 'node:path';
import { z } from 'zod';
import type { RestOperation, Shape } from '#apis/kit/operation.ts';
import { apisOf } from '../../src/app/apis.ts';

export const OPERATIONS_PATH = join(import.meta.dirname, '..', '..', 'console', 'src', 'api', 'operations.ts');

type Schema = Readonly<Record<string, unknown>>;

/** The types of every public operation for the console, from the schemas that check them. */
export function operationsSource(): string {
  const lines = apisOf([])
    .flatMap((api) => api.operations)
    .toSorted((one, other) => keyOf(one).localeCompare(keyOf(other), 'en'))
    .map(
      (one) =>
        `  ${quoted(keyOf(one))}: {\n${[
          ['params', typeOf(one.params, 'input')],
          ['query', typeOf(one.query, 'input')],
          ['body', typeOf(one.body, 'input')],
          ['reply', typeOf(one.reply, 'output')],
        ]
          .map(([name, type]) => `    readonly ${name}: ${type};\n`)
          .join('')}  };`,
    );
  return [
    '// Written by `npm run console:types` from the schemas of the operations. Do not edit.',
    'export interface Operations {',
    ...lines,
    '}',
    '',
  ].join('\n');
}

const keyOf = ({ method, path }: RestOperation): string => `${method} ${path}`;
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function typeOf(shape: Shape | undefined, io: 'input' | 'output'): string {
  if (!shape) return 'undefined';
  const schema = z.toJSONSchema(shape, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as Schema;
  const type = render(schema, (schema['$defs'] ?? {}) as Readonly<Record<string, Schema>>, 0);
  const optional = io === 'input' && schema['type'] === 'object' && list(schema['required']).length === 0;
  return optional ? `${type} | undefined` : type;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const MOST_NESTED = 12;

/** A JSON Schema as a TypeScript type. */
function render(schema: Schema, defs: Readonly<Record<string, Schema>>, depth: number): string {
  if (depth > MOST_NESTED) return 'unknown';
  const inner = (one: unknown) => render((one ?? {}) as Schema, defs, depth + 1);
  const { $ref: ref, const: constant, enum: words, anyOf, oneOf, allOf, type } = schema;
  if (typeof ref === 'string') {
    const target = defs[ref.split('/').at(-1)!];
    return target ? inner(target) : 'unknown';
  }
  if (constant !== undefined) return literal(constant);
  if (Array.isArray(words)) return words.map(literal).join(' | ');
  const choices = list(anyOf ?? oneOf);
  if (choices.length > 0) return [...new Set(choices.map(inner))].join(' | ');
  if (Array.isArray(allOf)) return allOf.map((one) => `(${inner(one)})`).join(' & ');
  if (Array.isArray(type)) return type.map((one) => inner({ ...schema, type: one as unknown })).join(' | ');
  switch (type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return Array.isArray(schema['prefixItems'])
        ? `readonly [${schema['prefixItems'].map(inner).join(', ')}]`
        : `readonly (${inner(schema['items'])})[]`;
    case 'object':
      return object(schema, inner);
    default:
      return 'unknown';
  }
}

const literal = (value: unknown): string => (typeof value === 'string' ? quoted(value) : String(value));

function object(schema: Schema, inner: (one: unknown) => string): string {
  const required = new Set(list(schema['required']));
  const fields = Object.entries((schema['properties'] ?? {}) as Schema).map(
    ([name, one]) =>
      `readonly ${/^[a-z_$]\w*$/i.test(name) ? name : quoted(name)}${required.has(name) ? '' : '?'}: ${inner(one)}`,
  );
  const { additionalProperties: rest } = schema;
  if (fields.length === 0)
    return typeof rest === 'object' && rest !== null
      ? `Readonly<Record<string, ${inner(rest)}>>`
      : 'Readonly<Record<string, unknown>>';
  return `{ ${fields.join('; ')} }`;
}
