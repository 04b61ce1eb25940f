import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import { DEEPEST_VALUE, isQuicklyChecked } from './schema-work.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The values that a tool is called with, or what is wrong with them, for the model. */
export type Checked = { readonly args: ToolArgs } | { readonly problem: string };

/**
 * Checks what a model gave against the tool's schema. Nothing is changed but a text of a number, yes or no where only
 * these fit, and the reverse.
 */
export function checkArguments(definition: ToolDefinition, given: ToolArgs): Checked {
  const schema = schemaOf(definition);
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, unknown>>;
  const args = Object.fromEntries(
    Object.entries(given)
      .map(([name, value]) => [name, coerced(value, kindsOf(properties[name]))] as const)
      .filter(([name, value]) => value !== null || allowsNull(properties[name])),
  );
  if (isDeeperThan(args, DEEPEST_VALUE)) return { problem: 'Nothing was done: the arguments are nested too deeply.' };
  const problems = (checks.get(definition) ?? remember(definition, schema))(args);
  return problems.length === 0
    ? { args }
    : { problem: `Nothing was done: ${problems.join('; ')}. Ask the caller for what is missing, and call it again.` };
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(one, levels - 1));
}

function schemaOf({ schema, parameters }: ToolDefinition): Schema {
  if (schema) return schema;
  const names = Object.keys(parameters);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names.filter((name) => parameters[name]!.required),
  };
}

type Check = (args: ToolArgs) => readonly string[];
const checks = new WeakMap<ToolDefinition, Check>();

function remember(definition: ToolDefinition, schema: Schema): Check {
  const validate = compile(schema);
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const check: Check = (args) => {
    const blank = required.filter((name) => typeof args[name] === 'string' && args[name].trim() === '');
    return [...new Set([...blank.map((name) => `${name} is missing`), ...validate(args)])];
  };
  checks.set(definition, check);
  return check;
}

/** Compilations of one schema; the parts that cannot be read by then are not checked. */
const MOST_COMPILATIONS = 40;

/**
 * A schema with a part that cannot be read is checked in its other parts. One that would take too long to check is
 * shown to the model and not checked.
 */
function compile(schema: Schema): Check {
  const { properties = {}, $defs, definitions, required = [] } = schema as Record<string, unknown>;
  const definitionsOfIt = {
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
  let left = MOST_COMPILATIONS;
  const compiled = (part: Schema): ValidateFunction | null => (left-- > 0 ? compiledOnce(part) : null);
  /** The checks of these properties, in as few pieces as can be read. */
  const checked = (some: readonly (readonly [string, Schema])[]): readonly ValidateFunction[] => {
    if (some.length === 0) return [];
    const all = compiled({ type: 'object', properties: Object.fromEntries(some), ...definitionsOfIt });
    if (all) return [all];
    const half = Math.ceil(some.length / 2);
    return some.length === 1 ? [] : [...checked(some.slice(0, half)), ...checked(some.slice(half))];
  };
  const whole = compiled(schema);
  const needed = () => compiled({ type: 'object', required });
  const parts = whole
    ? [whole]
    : [needed(), ...checked(Object.entries(properties as Record<string, Schema>))].filter((one) => one !== null);
  return (args) => parts.flatMap((part) => (part(args) ? [] : (part.errors ?? []).map(said)));
}

/** Patterns come from outside, and one can take for ever: they are shown to the model and not checked. */
const anyText = Object.assign(() => ({ test: () => true }), { code: 'anyText' });
const OPTIONS = {
  strict: false,
  allErrors: true,
  validateFormats: false,
  logger: false,
  code: { regExp: anyText },
} as const;
/** Tells whether a schema is one. Its own schema takes long to compile, so all share it. */
const schemas = new Ajv2020({ ...OPTIONS, allErrors: false });

function compiledOnce(schema: Schema): ValidateFunction | null {
  const { $schema: _draft, $id: _id, ...plain } = schema;
  try {
    if (!isQuicklyChecked(plain) || schemas.validateSchema(plain) !== true) return null;
    // An instance remembers the names in a schema, so that each schema has its own.
    return new Ajv2020({ ...OPTIONS, meta: false, validateSchema: false }).compile(plain);
  } catch {
    return null;
  }
}

function said({ instancePath, keyword, params, message }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'required')
    return `${[path, (params as { missingProperty: string }).missingProperty].filter(Boolean).join('.')} is missing`;
  if (keyword === 'enum')
    return `${path} must be one of ${(params as { allowedValues: unknown[] }).allowedValues.join(', ')}`;
  if (keyword === 'additionalProperties')
    return `${(params as { additionalProperty: string }).additionalProperty} is no parameter`;
  return `${path || 'the arguments'} ${message ?? 'is not valid'}`;
}

/** The kinds of value that a property takes; null where its schema does not say. */
function kindsOf(property: unknown): ReadonlySet<string> | null {
  if (typeof property !== 'object' || property === null) return null;
  const { type, anyOf, oneOf } = property as { type?: unknown; anyOf?: unknown; oneOf?: unknown };
  const list = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const variants = [anyOf, oneOf].flatMap((one) => (Array.isArray(one) ? (one as unknown[]) : [])).map(kindsOf);
  if (variants.includes(null)) return null;
  const all = new Set([...(list as string[]), ...variants.flatMap((one) => [...one!])]);
  return all.size === 0 ? null : all;
}

const allowsNull = (property: unknown) => kindsOf(property)?.has('null') ?? typeof property === 'object';

function coerced(value: unknown, kinds: ReadonlySet<string> | null): unknown {
  if (kinds === null) return value;
  if (typeof value === 'string' && !kinds.has('string')) {
    const text = value.trim().toLowerCase();
    if (kinds.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
    if ((kinds.has('number') || kinds.has('integer')) && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  }
  const textOnly = kinds.has('string') && !kinds.has('number') && !kinds.has('integer') && !kinds.has('boolean');
  return textOnly && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
}
