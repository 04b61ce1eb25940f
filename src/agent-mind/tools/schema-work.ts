/**
 * How much work it can be to check values against a JSON schema. Schemas come from outside, and a small one can take
 * for ever.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Checks that one value may need. Schemas of real tools need a few dozen. */
const MOST_WORK = 2000;
/** Values may be nested so deeply. */
export const DEEPEST_VALUE = 12;

/** Keywords whose schemas are checked against the same value; those of others are checked against its parts. */
const SAME_VALUE = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']);
/** Of their schemas, one is checked against each part. */
const ONE_A_PART = new Set(['properties', 'prefixItems']);
/** Keywords that hold schemas by name. */
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas']);
/** Keywords that hold no schema, or one that is checked only where a reference leads to it. */
const NO_SCHEMA = new Set(['enum', 'const', 'default', 'examples', '$defs', 'definitions', 'required', 'type']);
const OTHER_REFERENCES = ['$dynamicRef', '$recursiveRef'];

/** Whether a value of any size can be checked in reasonable time. */
export function isQuicklyChecked(schema: Schema): boolean {
  try {
    return new Work(schema).of(schema, DEEPEST_VALUE) <= MOST_WORK;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

class Work {
  readonly #root: Schema;
  /** Work by schema and depth; a schema that is being looked at and comes again leads to itself. */
  readonly #known = new Map<object, number[]>();

  constructor(root: Schema) {
    this.#root = root;
  }

  of(schema: object, depth: number): number {
    if (depth === 0) return 1;
    const known = this.#known.get(schema) ?? [];
    this.#known.set(schema, known);
    if (known[depth] !== undefined) return known[depth];
    known[depth] = Infinity;
    return (known[depth] = this.#look(schema as Schema, depth));
  }

  #look(schema: Schema, depth: number): number {
    let work = 1;
    let mostOfOne = 0;
    for (const [keyword, value] of Object.entries(schema)) {
      if (OTHER_REFERENCES.includes(keyword)) return Infinity;
      if (keyword === '$ref') work += this.#target(value, depth);
      else if (!NO_SCHEMA.has(keyword))
        for (const one of schemasOf(keyword, value)) {
          const its = this.of(one, SAME_VALUE.has(keyword) ? depth : depth - 1);
          if (ONE_A_PART.has(keyword)) mostOfOne = Math.max(mostOfOne, its);
          else work += its;
        }
    }
    return work + mostOfOne;
  }

  #target(reference: unknown, depth: number): number {
    if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return Infinity;
    const path = decodeURIComponentOr(reference.slice(1)).split('/').slice(1);
    const target = path.reduce(
      (at: unknown, key) => (at as Schema | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      this.#root,
    );
    return typeof target === 'object' && target !== null ? this.of(target, depth) : Infinity;
  }
}

function schemasOf(keyword: string, value: unknown): readonly object[] {
  const all = Array.isArray(value) ? (value as unknown[]) : MAPS.has(keyword) ? Object.values(value ?? {}) : [value];
  return all.filter((one) => typeof one === 'object' && one !== null);
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
