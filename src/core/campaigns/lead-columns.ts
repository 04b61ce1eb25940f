import { isTimeZone } from '../kernel/locale.ts';
import { writtenNumber } from '../people/written-number.ts';
import type { GivenLead } from './lead.ts';

/** What a column of a list can be. `skip`: it is not stored. Any other column is a variable of its own name. */
const FIELDS = [
  'phone_number',
  'name',
  'first_name',
  'last_name',
  'email',
  'postal_code',
  'region',
  'country',
  'time_zone',
  'consent',
  'consent_source',
  'do_not_call',
  'priority',
  'skip',
] as const;
type Field = (typeof FIELDS)[number];

const SYNONYMS: Readonly<Record<Field, string>> = {
  phone_number: [
    'phone number phonenumber phoneno telephone telephonenumber tel telno mobile mobilenumber mobilephone',
    'cell cellphone cellnumber msisdn contactnumber telefon telefonnummer handy handynummer mobil mobilnummer',
    'rufnummer portable numero telefono movil celular',
  ].join(' '),
  name: 'name fullname contactname customername leadname contact nameofcontact nom nombre ansprechpartner',
  first_name: 'firstname givenname forename vorname prenom',
  last_name: 'lastname surname familyname nachname familienname apellido apellidos',
  email: 'email emailaddress mail mailaddress emailadresse courriel correo',
  postal_code: 'postalcode zip zipcode postcode plz postleitzahl codepostal codigopostal',
  region: 'region state province county bundesland stateprovince provincia',
  country: 'country countrycode land pays pais',
  time_zone: 'timezone tz zeitzone fuseauhoraire',
  consent: 'consent optin agreed hasconsent einwilligung consentement',
  consent_source: 'consentsource sourceofconsent',
  do_not_call: 'donotcall dnc optout optedout unsubscribed suppressed',
  priority: 'priority prio prioritat',
  skip: 'importerror',
};

/** Letters and digits only: `Téléphone (mobil)` and `telephone_mobil` are the same. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');

const FIELD_OF = new Map<string, Field>(
  FIELDS.flatMap((field) => [field.replaceAll('_', ''), ...SYNONYMS[field].split(' ')].map((word) => [word, field])),
);

/** What one column is: a field, or the name of a variable. */
export type Column = { readonly field: Field } | { readonly variable: string };

/** How a file's columns become leads. */
export interface LeadColumns {
  readonly columns: readonly Column[];
  /** The country of numbers without a country code. */
  readonly country: string | null;
  /** Where consent was given, unless a column says it. */
  readonly consentSource: string;
}

export type Resolved = { readonly columns: readonly Column[] } | { readonly problem: string };

const LONGEST_NAME = 200;

/**
 * What each column is, from the header and a client's mapping, which may name columns or fields first. `header` null:
 * there is none, and the first row is data.
 */
export function columnsOf(
  header: readonly string[] | null,
  first: readonly string[],
  mapping: Readonly<Record<string, string>>,
): Resolved {
  if (header === null) return withoutHeader(first, mapping);
  const repeated = header.find(
    (name, at) => name !== '' && header.findIndex((one) => one.toLowerCase() === name.toLowerCase()) < at,
  );
  if (repeated !== undefined) return { problem: `Two columns are named ${repeated}: rename or remove one.` };
  const long = header.find((name) => name.length > LONGEST_NAME);
  if (long !== undefined) return { problem: `The name of the column ${long.slice(0, 50)}… is too long.` };
  const mapped = mappedColumns(header, mapping);
  if ('problem' in mapped) return mapped;
  const taken = new Set([...mapped.columns.values()].flatMap((one) => ('field' in one ? [one.field] : [])));
  const columns = header.map((name, at): Column => {
    const known = mapped.columns.get(at);
    if (known) return known;
    const field = FIELD_OF.get(plain(name));
    if (field === undefined || taken.has(field)) return name === '' ? { field: 'skip' } : { variable: name };
    if (field !== 'skip') taken.add(field);
    return { field };
  });
  if (columns.some((one) => 'field' in one && one.field === 'phone_number')) return { columns };
  const names = header
    .filter((name) => name !== '')
    .slice(0, 20)
    .join(', ');
  const remedy = 'Name one of them phone_number, or send a mapping.';
  return { problem: `No column holds telephone numbers. The columns are: ${names.slice(0, 500)}. ${remedy}` };
}

const looksLikeNumber = (cell: string): boolean => /^[+(]?\d[\d\s().+/-]{5,}$/.test(cell.replace(/^['=]?"?/, ''));

/** The first column that holds a number is the number; the others are variables. */
function withoutHeader(first: readonly string[], mapping: Readonly<Record<string, string>>): Resolved {
  if (Object.keys(mapping).length > 0) return { problem: 'The file has no header, so its columns cannot be mapped.' };
  const phone = first.findIndex(looksLikeNumber);
  return {
    columns: first.map((_, at) => (at === phone ? { field: 'phone_number' } : { variable: `column_${at + 1}` })),
  };
}

/** Whether the first row is a header: it names a column that holds numbers, or holds no number itself. */
export function isHeader(row: readonly string[], mapping: Readonly<Record<string, string>>): boolean {
  const mapped = new Set(Object.entries(mapping).flat().map(plain));
  return row.some((cell) => FIELD_OF.has(plain(cell)) || mapped.has(plain(cell))) || !row.some(looksLikeNumber);
}

/** A list without them is whole. */
const MAY_LACK: ReadonlySet<Field | undefined> = new Set(['name', 'first_name', 'last_name', 'email']);

type Mapped = { readonly columns: ReadonlyMap<number, Column> } | { readonly problem: string };

/**
 * A mapping is read in the direction in which more of its names are columns; a pair without a column in that direction,
 * in the other. A pair for a name or an e-mail address that the file lacks says nothing.
 */
function mappedColumns(header: readonly string[], mapping: Readonly<Record<string, string>>): Mapped {
  const names = header.map(plain);
  const at = (name: string): number => {
    const exact = header.indexOf(name);
    return exact >= 0 ? exact : names.indexOf(plain(name));
  };
  const pairs = Object.entries(mapping);
  const found = (side: 0 | 1) => pairs.filter((pair) => at(pair[side]) >= 0).length;
  const [column, target] = found(1) > found(0) ? ([1, 0] as const) : ([0, 1] as const);
  const columns = new Map<number, Column>();
  const taken = new Map<string, string>();
  for (const pair of pairs) {
    const [name, meant] = at(pair[column]) < 0 ? [pair[target], pair[column]] : [pair[column], pair[target]];
    const index = at(name);
    if (index < 0 && pair.every((one) => MAY_LACK.has(FIELD_OF.get(plain(one))))) continue;
    if (index < 0)
      return { problem: `The mapping names ${pair[0]} and ${pair[1]}, and neither is a column of the file.` };
    if (columns.has(index)) return { problem: `The mapping names the column ${name} twice.` };
    const field = FIELD_OF.get(plain(meant));
    const key = field ?? meant;
    const other = taken.get(key);
    if (other !== undefined && field !== 'skip')
      return { problem: `The mapping names two columns for ${meant}: ${other} and ${name}.` };
    taken.set(key, name);
    columns.set(index, field === undefined ? { variable: meant.slice(0, LONGEST_NAME) } : { field });
  }
  return { columns };
}

/** A row as a lead, or why it is none. */
export type ReadRow = { readonly lead: GivenLead } | { readonly error: string };

const LONGEST_CELL = 10_000;
const LONGEST: Readonly<Partial<Record<Field, number>>> = {
  name: 200,
  first_name: 100,
  last_name: 100,
  email: 320,
  postal_code: 20,
  region: 100,
  country: 100,
  consent_source: 200,
};
const YES = new Set(['yes', 'y', 'true', '1', 'x', 'ja', 'oui', 'si', 'given', 'optin']);
const NO = new Set(['no', 'n', 'false', '0', 'nein', 'non', 'revoked', 'optout']);

export function leadOf(cells: readonly string[], { columns, country, consentSource }: LeadColumns): ReadRow {
  const extra = cells.slice(columns.length).some((cell) => cell !== '');
  if (extra) return { error: `The row has ${cells.length} cells, and the header has ${columns.length}` };
  const fields: Partial<Record<Field, string>> = {};
  const variables: Record<string, string> = {};
  for (const [at, column] of columns.entries()) {
    const text = cellText(cells[at] ?? '');
    if (text === '') continue;
    const name = 'field' in column ? column.field : column.variable;
    const most = 'field' in column ? (LONGEST[column.field] ?? LONGEST_CELL) : LONGEST_CELL;
    if (text.length > most) return { error: `${name} is longer than ${most} characters` };
    if (text.includes('\0')) return { error: `${name} holds a NUL character` };
    if ('field' in column) fields[column.field] = text;
    else variables[column.variable] = text;
  }
  return leadFrom(fields, variables, country, consentSource);
}

function leadFrom(
  fields: Readonly<Partial<Record<Field, string>>>,
  variables: Readonly<Record<string, string>>,
  country: string | null,
  consentSource: string,
): ReadRow {
  const number = numberFrom(fields.phone_number ?? '', fields.country ?? country);
  if ('error' in number) return number;
  const { time_zone: zone = null, consent, do_not_call: refused, priority = '0' } = fields;
  if (zone !== null && !isTimeZone(zone)) return { error: `time_zone ${shown(zone)} is not an IANA time zone` };
  const given = consent === undefined ? null : yesOrNo(consent);
  if (given === undefined) return { error: `consent ${shown(consent!)} must be yes or no` };
  const isRefused = refused === undefined ? null : yesOrNo(refused);
  if (isRefused === undefined) return { error: `do_not_call ${shown(refused!)} must be yes or no` };
  if (!/^-?\d{1,6}$/.test(priority)) return { error: `priority ${shown(priority)} must be a whole number` };
  const agrees = isRefused === true ? false : given;
  const name = fields.name ?? [fields.first_name, fields.last_name].filter((part) => part !== undefined).join(' ');
  return {
    lead: {
      number: number.number,
      name: name === '' ? null : name,
      email: fields.email ?? null,
      postalCode: fields.postal_code ?? null,
      region: fields.region ?? null,
      country: fields.country ?? null,
      timeZone: zone,
      consent: agrees === null ? null : { given: agrees, source: fields.consent_source ?? consentSource },
      variables: {
        ...variables,
        ...(fields.first_name === undefined ? {} : { first_name: fields.first_name }),
        ...(fields.last_name === undefined ? {} : { last_name: fields.last_name }),
      },
      priority: Number(priority),
    },
  };
}

/** Spreadsheets and our own exports write an apostrophe before what would be a formula. */
const cellText = (cell: string): string =>
  cell
    .toWellFormed()
    .trim()
    .replace(/^'(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/, '');

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

const yesOrNo = (text: string): boolean | undefined =>
  YES.has(plain(text)) ? true : NO.has(plain(text)) ? false : undefined;

const AS_TEXT = 'format the column as text and export it again';

type ReadNumber = { readonly number: GivenLead['number'] } | { readonly error: string };

/** The number of a cell, also of a formula; what a spreadsheet shortened or read as a date is refused. */
function numberFrom(cell: string, country: string | null): ReadNumber {
  const text = cell
    .replace(/^=/, '')
    .replace(/^"(.*)"$/, '$1')
    .replace(/^'/, '')
    .trim();
  if (text === '') return { error: 'phone_number is empty' };
  if (/^\+?\d+(?:[.,]\d+)?E\+?\d+$/i.test(text))
    return { error: `phone_number ${shown(text)} was shortened by a spreadsheet: ${AS_TEXT}` };
  if (/^\d{4}-\d{2}-\d{2}\b|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(text))
    return { error: `phone_number ${shown(text)} is a date: ${AS_TEXT}` };
  // A spreadsheet that took the number for one writes decimals.
  const number = writtenNumber(/^\+?\d{7,15}[.,]0{1,3}$/.test(text) ? text.split(/[.,]/)[0]! : text, country);
  if (number !== null) return { number };
  const hint = /^[+0]/.test(text) || country !== null ? '' : ' Add the country code, or a column with the country.';
  return { error: `phone_number ${shown(text)} is not a telephone number.${hint}` };
}
