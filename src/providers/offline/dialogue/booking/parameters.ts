import type { ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';

/** The single values that a tool's JSON schema asks for, and back: values of a talk as the schema wants them. */

export type ValueType = 'string' | 'number' | 'integer' | 'boolean' | 'list';

/** What may stand in one place of a tool's arguments. */
export interface Parameter {
  readonly path: readonly string[];
  /** Where it and everything around it is required. */
  readonly required: boolean;
  /** Where the object that it stands in is given at all. */
  readonly requiredWithin: boolean;
  readonly type: ValueType;
  readonly nullable: boolean;
  readonly choices: readonly (string | number)[] | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly format: string | null;
  readonly description: string | null;
}

type Schema = Readonly<Record<string, unknown>>;

const DEEPEST = 4;
/** Places that are looked at in one schema: references can make endless ones of a few lines. */
const MOST_PLACES = 300;

export function parametersOf({ schema, parameters }: ToolDefinition): Parameter[] {
  if (schema) return within(schema, schema, [], true, DEEPEST, { left: MOST_PLACES });
  return Object.entries(parameters).map(([key, { required }]) => ({
    path: [key],
    required,
    requiredWithin: required,
    ...ANY_TEXT,
  }));
}

const ANY_TEXT = {
  type: 'string',
  nullable: false,
  choices: null,
  minimum: null,
  maximum: null,
  format: null,
  description: null,
} as const;

function within(
  schema: Schema,
  root: Schema,
  path: readonly string[],
  required: boolean,
  depth: number,
  places: { left: number },
): Parameter[] {
  const needed = new Set(Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : []);
  return Object.entries(objectIn(schema['properties'])).flatMap(([key, given]): Parameter[] => {
    if (places.left-- <= 0) return [];
    const { schema: one, nullable } = variant(given, root);
    const here = [...path, key];
    const isNeeded = needed.has(key);
    if (one['properties'] !== undefined && depth > 0)
      return within(one, root, here, required && isNeeded && !nullable, depth - 1, places);
    const type = typeOf(one);
    // A shape that no single value fills: an object without properties, a list of objects.
    if (type === null) return [];
    return [
      {
        path: here,
        required: required && isNeeded,
        requiredWithin: isNeeded,
        type,
        nullable,
        choices: choicesOf(type === 'list' ? variant(one['items'], root).schema : one),
        minimum: bound(one['minimum'], one['exclusiveMinimum'], 1),
        maximum: bound(one['maximum'], one['exclusiveMaximum'], -1),
        format: textOr(one['format'], null),
        description: textOr(one['description'], null),
      },
    ];
  });
}

/** The schema that a value has to fit, with references followed and `null` left out. */
function variant(
  given: unknown,
  root: Schema,
  depth = DEEPEST,
): { readonly schema: Schema; readonly nullable: boolean } {
  const schema = objectIn(given);
  const reference = textOr(schema['$ref'], null);
  if (reference !== null && depth > 0) {
    const target = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce((at: unknown, key) => objectIn(at)[key], root);
    return variant(target, root, depth - 1);
  }
  const several = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(several) && depth > 0) {
    const kinds = several.map(objectIn);
    const others = kinds.filter((one) => one['type'] !== 'null');
    const isNullable = others.length < kinds.length;
    if (others.every((one) => one['const'] !== undefined))
      return { schema: { ...schema, enum: others.map((one) => one['const']) }, nullable: isNullable };
    return { schema: { ...schema, ...variant(others[0], root, depth - 1).schema }, nullable: isNullable };
  }
  const types = Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : [schema['type']];
  return { schema, nullable: types.includes('null') };
}

function typeOf(schema: Schema): ValueType | null {
  const types = (Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : [schema['type']]).filter(
    (one) => one !== 'null',
  );
  if (types.includes('string')) return 'string';
  for (const type of ['integer', 'number', 'boolean'] as const) if (types.includes(type)) return type;
  if (types.includes('array')) return objectIn(objectIn(schema['items'])['properties']) === NOTHING ? 'list' : null;
  if (types.includes('object')) return null;
  return choicesOf(schema)?.every((one) => typeof one === 'number') ? 'number' : 'string';
}

function choicesOf(schema: Schema): readonly (string | number)[] | null {
  const given = schema['const'] !== undefined ? [schema['const']] : schema['enum'];
  const choices = (Array.isArray(given) ? (given as unknown[]) : []).filter(
    (one) => typeof one === 'string' || typeof one === 'number',
  );
  return choices.length > 0 ? choices : null;
}

function bound(value: unknown, exclusive: unknown, step: number): number | null {
  if (typeof exclusive === 'number') return exclusive + step;
  return typeof value === 'number' ? value : null;
}

const NOTHING: Schema = {};
const objectIn = (value: unknown): Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : NOTHING;
const textOr = <T>(value: unknown, otherwise: T) => (typeof value === 'string' ? value : otherwise);

/** Values by the key of their parameter, as the tool wants them; what is required and may be null is null. */
export function argsOf(parameters: readonly Parameter[], values: Readonly<Record<string, string>>): ToolArgs {
  const args: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const value = values[keyOf(parameter)];
    if (value === undefined && !(parameter.required && parameter.nullable)) continue;
    let at = args;
    for (const key of parameter.path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[parameter.path.at(-1)!] = value === undefined ? null : typed(parameter, value);
  }
  return args;
}

/** The same, back: texts by the key of their parameter. */
export function valuesOf(parameters: readonly Parameter[], args: ToolArgs): Record<string, string> {
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const value = parameter.path.reduce((at: unknown, key) => objectIn(at)[key], args);
      if (value === undefined || value === null) return [];
      const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);
      return [[keyOf(parameter), text]];
    }),
  );
}

export const keyOf = ({ path }: Pick<Parameter, 'path'>) => path.join('.');

function typed({ type, choices }: Parameter, value: string): unknown {
  switch (type) {
    case 'list':
      return value.split(/ ?, ?/);
    case 'boolean':
      return value === 'true';
    case 'number':
    case 'integer':
      return Number(value);
    case 'string':
      return choices?.find((one) => String(one) === value) ?? value;
  }
}
