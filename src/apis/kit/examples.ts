type Schema = Readonly<Record<string, unknown>>;

const AT = '2026-03-02T09:30:00Z';
const NUMBER = '+15005550006';

/** Values of fields by their name; each meets the rule that operations set for such a field. */
const BY_NAME: Readonly<Record<string, string>> = {
  address: 'https://example.com/hooks/trunkline',
  call_sid: 'CA0123456789abcdef0123456789abcdef',
  callSid: 'CA0123456789abcdef0123456789abcdef',
  content: 'What does it cost?',
  csvData: 'phone_number,name\n+15005550006,Ann',
  cursor: '42',
  description: 'Books an appointment for the customer',
  first_message: 'Hello {{name}}, this is Ada. Do you have a minute?',
  greeting: 'Hello, this is Ada.',
  language: 'en',
  message: 'What does it cost?',
  model: 'gpt-4o-mini',
  model_name: 'gpt-4o-mini',
  name: 'Ada',
  password: 'correct horse battery',
  admin_password: 'correct horse battery',
  current_password: 'correct horse battery',
  model_provider: 'openai',
  provider: 'twilio',
  voice_provider: 'elevenlabs',
  reason: 'The customer asked for it',
  secret: 'at-least-8-characters',
  system_prompt: 'You are Ada of Brightline. Ask what the customer uses today.',
  text: 'It costs ten dollars a month.',
  time_zone: 'America/New_York',
  timezone: 'America/New_York',
  transcript: 'Customer: How much is it?',
  version: '1',
};

/** Fields that a request may leave out, and that show best what it is for. */
const TELLING = new Set(['system_prompt', 'first_message', 'description']);

/** Where no name says it: by the end of a name, or the pattern of the text. */
const BY_ENDING: readonly (readonly [RegExp, string])[] = [
  [/email$/i, 'ann@example.com'],
  [/url$/i, 'https://example.com/hooks/trunkline'],
  [/(?:_at|At|timestamp|_time|_date|^date.*|_from|_to|_since|until)$/, AT],
  [/phone|number|numbers|caller_id|^(?:to|from)$/i, NUMBER],
];

const PATTERNED: readonly string[] = ['1', AT, 'ann@example.com', 'book_table'];

/**
 * A value that the schema allows: the first choice everywhere. Of an object `every` field, or those that are needed.
 * The names of fields choose sensible texts.
 */
export function exampleOf(schema: Schema, name: string, every: boolean, root: Schema = schema): unknown {
  const inner = (of: unknown, called = name) => exampleOf(of as Schema, called, every, root);
  if ('example' in schema) return schema['example'];
  if ('const' in schema) return schema['const'];
  if ('default' in schema && !every) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (typeof schema['$ref'] === 'string') return referred(schema['$ref'], root) ?? null;
  for (const one of ['anyOf', 'oneOf'] as const) {
    const choices = schema[one] as readonly Schema[] | undefined;
    if (choices) return inner(choices.find((one) => typeOf(one) !== 'null') ?? choices[0]);
  }
  if (Array.isArray(schema['allOf']))
    return Object.assign({}, ...schema['allOf'].map((one: unknown) => inner(one))) as object;
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, inner, every);
    case 'array':
      return listOf(schema, inner);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'string':
      return textOf(schema, name);
    default:
      return {};
  }
}

/** Of several types the first that is not null. */
function typeOf({ type }: Schema): unknown {
  return Array.isArray(type) ? (type.find((one) => one !== 'null') ?? 'null') : type;
}

/** A recursive schema ends here: what refers to itself may be left out. */
function referred(ref: string, root: Schema): unknown {
  const found = (root['$defs'] as Readonly<Record<string, Schema>> | undefined)?.[ref.split('/').at(-1)!];
  return found ? exampleOf(found, '', false, {}) : null;
}

type Inner = (of: unknown, called?: string) => unknown;

function objectOf(schema: Schema, inner: Inner, every: boolean): object {
  const { properties = {}, required = [], additionalProperties, propertyNames, minProperties = 0 } = schema;
  const fields = Object.entries(properties as Readonly<Record<string, Schema>>);
  const isNeeded = (field: string) => every || (required as readonly string[]).includes(field);
  const some = fields.some(([field]) => isNeeded(field));
  const needed = fields.filter(([field]) => isNeeded(field) || (some && TELLING.has(field)));
  // A request without a required field is of use only with one of the others.
  const shown = needed.length > 0 ? needed : fields.slice(0, 1);
  if (shown.length > 0) return Object.fromEntries(shown.map(([field, one]) => [field, inner(one, field)]));
  if (typeof additionalProperties !== 'object' || additionalProperties === null) return {};
  if (!every && Number(minProperties) === 0) return {};
  const keys = (propertyNames as Schema | undefined)?.['enum'] as readonly string[] | undefined;
  return { [keys?.[0] ?? 'name']: inner(additionalProperties, keys?.[0] ?? 'name') };
}

function listOf(schema: Schema, inner: Inner): readonly unknown[] {
  const { prefixItems, items, maxItems } = schema;
  if (Array.isArray(prefixItems)) return prefixItems.map((one: unknown) => inner(one));
  return maxItems === 0 || typeof items !== 'object' ? [] : [inner(items)];
}

function numberOf({ minimum, exclusiveMinimum, maximum }: Schema): number {
  const least = typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : 1;
  return Math.min(Math.max(1, least), typeof maximum === 'number' ? maximum : Infinity);
}

function textOf(schema: Schema, name: string): string {
  const { pattern, maxLength, contentMediaType } = schema;
  if (contentMediaType !== undefined) return '(the bytes of a file)';
  const wanted = BY_NAME[name] ?? BY_ENDING.find(([ending]) => ending.test(name))?.[1] ?? idText(name) ?? 'text';
  const fits = (text: string) => typeof pattern !== 'string' || new RegExp(pattern).test(text);
  const text = fits(wanted) ? wanted : (PATTERNED.find((one) => fits(one)) ?? wanted);
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text;
}

/** `agent_id` and `agentId` are written `agent_1`. */
function idText(name: string): string | null {
  const kind = /^(\w+?)(?:_id|Id)s?$/.exec(name)?.[1];
  return kind === undefined ? (name === 'id' ? '1' : null) : `${kind}_1`;
}
