import { aheadMs, isTimeZone, type TimeZone } from '../kernel/locale.ts';
import { AREA_CODES, CALLING_CODES } from './area-codes.ts';
import { COUNTRY_ZONES } from './country-zones.ts';
import { NARROWED, REGIONS } from './region-zones.ts';

/** What is known of where a person is. */
export interface Whereabouts {
  readonly number: string;
  readonly postalCode: string | null;
  /** A state or province: `FL`, `US-FL` or `Florida`. */
  readonly region: string | null;
  /** ISO 3166: `US`. */
  readonly country: string | null;
  /** IANA. */
  readonly timeZone: string | null;
}

/** Where a person may be. */
export interface Place {
  /** `US`, `US-FL`: each place that the number or the address names, with its country. */
  readonly regions: readonly string[];
  /** All zones that the person may be in; none if unknown. */
  readonly zones: readonly TimeZone[];
}

interface Source {
  readonly regions: readonly string[];
  readonly zones: readonly string[];
}

const LISTS = (text: string) => (text === '' ? [] : text.split(' '));

function inverted(table: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  for (const [key, values] of Object.entries(table))
    for (const value of LISTS(values)) result.set(value, [...(result.get(value) ?? []), key]);
  return result;
}

/** `100-149` and `06390` as prefixes. */
function prefixes(text: string): readonly string[] {
  return LISTS(text).flatMap((one) => {
    const [first, last = first] = one.split('-') as [string, string?];
    const count = Number(last) - Number(first);
    if (!(count > 0)) return [first];
    return Array.from({ length: count + 1 }, (_, index) => String(Number(first) + index).padStart(first.length, '0'));
  });
}

const byPrefix = (entries: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> =>
  inverted(Object.fromEntries(entries.map(([key, text]) => [key, prefixes(text).join(' ')])));

const REGIONS_BY_AREA_CODE = inverted(AREA_CODES);
const ZONES_BY_COUNTRY = new Map(
  [...inverted(COUNTRY_ZONES)].map(([country, zones]) => [country, zones.flatMap(LISTS)] as const),
);
const REGIONS_BY_POSTAL = byPrefix(Object.entries(REGIONS).map(([id, { postal }]) => [id, postal]));
const NARROWED_BY_POSTAL = byPrefix(Object.entries(NARROWED).map(([key, { postal }]) => [key, postal]));
const NARROWED_BY_CODE = inverted(Object.fromEntries(Object.entries(NARROWED).map(([key, { codes }]) => [key, codes])));
const REGION_NAMES = new Map(Object.entries(REGIONS).map(([id, { name }]) => [name.toLowerCase(), id]));
const COUNTRY_NAMES: Readonly<Record<string, string>> = {
  USA: 'US',
  'UNITED STATES': 'US',
  'UNITED STATES OF AMERICA': 'US',
  UK: 'GB',
  'UNITED KINGDOM': 'GB',
  'GREAT BRITAIN': 'GB',
  CANADA: 'CA',
  FRANCE: 'FR',
  GERMANY: 'DE',
  DEUTSCHLAND: 'DE',
};
const COUNTRIES_BY_CODE = new Map(Object.entries(CALLING_CODES).map(([code, countries]) => [code, LISTS(countries)]));
const NO_SOURCE: Source = { regions: [], zones: [] };

/** The entry under the longest prefix. */
function longest<T>(table: ReadonlyMap<string, T>, text: string): T | undefined {
  for (let length = text.length; length > 0; length--) {
    const found = table.get(text.slice(0, length));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Regions with their zones, cut to the one zone that a code is known to lie in. */
function source(regions: readonly string[], narrowed: readonly string[] = []): Source {
  const zones = regions.flatMap((id) => {
    const cut = narrowed.filter((one) => one.startsWith(`${id} `)).map((one) => one.slice(id.length + 1));
    return cut.length > 0 ? cut : (REGIONS[id]?.zones ?? ZONES_BY_COUNTRY.get(id) ?? []);
  });
  return { regions, zones };
}

function byNumber(number: string): Source {
  const digits = number.slice(1);
  if (digits.startsWith('1')) {
    const code = digits.slice(1, 4);
    return source(REGIONS_BY_AREA_CODE.get(code) ?? [], NARROWED_BY_CODE.get(code));
  }
  const countries = longest(COUNTRIES_BY_CODE, digits.slice(0, 3));
  return countries === undefined ? NO_SOURCE : source(countries);
}

/** The code of a country that is named by its code or its name; null if unknown. Territories of the US are regions. */
export function countryOf(text: string | null): string | null {
  const upper = text?.trim().toUpperCase() ?? '';
  const code = COUNTRY_NAMES[upper] ?? upper;
  return code === 'US' || code === 'CA' || ZONES_BY_COUNTRY.has(code) ? code : null;
}

/** The id of a region (`US-FL`) that is named by its code or its name; null if unknown. */
export function regionOf(text: string | null, country: string | null): string | null {
  const named = text?.trim() ?? '';
  const code = named.toUpperCase();
  const found = REGION_NAMES.get(named.toLowerCase()) ?? (Object.hasOwn(REGIONS, code) ? code : null);
  if (found !== null) return country === null || found.startsWith(`${country}-`) ? found : null;
  return (
    ([country, 'US', 'CA'] as const)
      .filter((one) => one !== null && (country === null || one === country))
      .map((one) => `${one}-${code}`)
      .find((id) => Object.hasOwn(REGIONS, id)) ?? null
  );
}

/** The country of a number; null if several share its code. */
export function countryOfNumber(number: string | null): string | null {
  return number === null ? null : only(byNumber(number).regions.map(countryIn));
}

/** The country of a time zone; null if none or several have it. */
export function countryOfZone(zone: string): string | null {
  const regions = Object.entries(REGIONS).filter(([, { zones }]) => zones.includes(zone));
  const countries = [...ZONES_BY_COUNTRY].filter(([, zones]) => zones.includes(zone));
  return only([...regions, ...countries].map(([id]) => countryIn(id)));
}

function only(countries: readonly string[]): string | null {
  const [first, ...others] = new Set(countries);
  return first !== undefined && others.length === 0 ? first : null;
}

function byPostalCode(text: string | null, country: string | null): Source {
  const code = text?.replaceAll(/[\s-]/g, '').toUpperCase() ?? '';
  const isCanadian = /^[A-Z]\d[A-Z]/.test(code) && (country === 'CA' || country === null);
  const isAmerican = /^\d{4,9}$/.test(code) && (country === 'US' || country === null);
  if (!isCanadian && !isAmerican) return NO_SOURCE;
  // A spreadsheet drops the zero that the codes of New England begin with.
  const full = isAmerican && code.length === 4 ? `0${code}` : code;
  return source(longest(REGIONS_BY_POSTAL, full) ?? [], longest(NARROWED_BY_POSTAL, full));
}

const MOST_NAMES = 2000;
const CLOCKS = new Map<string, string | null>();

/** What clocks in a zone show over two years, as a text that equal zones share; null for an unknown zone. */
function clocksOf(zone: string): string | null {
  const known = CLOCKS.get(zone);
  if (known !== undefined) return known;
  const clocks = isTimeZone(zone)
    ? Array.from({ length: 24 }, (_, month) => aheadMs(zone, Date.UTC(2025, month, 15))).join(' ')
    : null;
  if (CLOCKS.size >= MOST_NAMES) CLOCKS.clear();
  CLOCKS.set(zone, clocks);
  return clocks;
}

const MOST_PLACES = 20_000;
const PLACES = new Map<string, Place>();
/** The longest prefix of a number that places it: `+1` and an area code. */
const PLACING_DIGITS = 5;

/**
 * Where a person may be: all zones and jurisdictions that the stated zone, the address and the number name. A source
 * adds no zone if its zones include all of a more direct source: then it only repeats that source less exactly.
 */
export function placeOf({ number, postalCode, region, country, timeZone }: Whereabouts): Place {
  const key = `${number.slice(0, PLACING_DIGITS)}\n${postalCode}\n${region}\n${country}\n${timeZone}`;
  const known = PLACES.get(key);
  if (known) return known;
  const place = placed({ number, postalCode, region, country, timeZone });
  if (PLACES.size >= MOST_PLACES) PLACES.clear();
  PLACES.set(key, place);
  return place;
}

function placed(person: Whereabouts): Place {
  const ofNumber = byNumber(person.number);
  const country = countryOf(person.country);
  // Without a country, states and postal codes are read as American or Canadian ones if the number is.
  const home = country ?? (person.number.startsWith('+1') ? null : 'other');
  const region = regionOf(person.region, home);
  const stated = person.timeZone !== null && isTimeZone(person.timeZone) ? person.timeZone : null;
  const address = [byPostalCode(person.postalCode, home), region === null ? NO_SOURCE : source([region])] as const;
  const isPlaced =
    country !== null && [...address, ofNumber].some(({ regions }) => regions.some((one) => countryIn(one) === country));
  const direct: readonly Source[] = [
    stated === null ? NO_SOURCE : { regions: [], zones: [stated] },
    ...address,
    ofNumber,
    country === null || isPlaced ? NO_SOURCE : source(regionsIn(country, stated)),
  ];
  const regions = new Set(direct.flatMap((one) => one.regions).flatMap((one) => [countryIn(one), one]));
  if (country !== null) regions.add(country);
  return { regions: [...regions], zones: combined(direct) };
}

const countryIn = (region: string): string => region.split('-')[0]!;

/** All regions of a country, or those with the stated zone. */
function regionsIn(country: string, stated: string | null): readonly string[] {
  const regions = Object.keys(REGIONS).filter((id) => id.startsWith(`${country}-`));
  if (regions.length === 0) return [country];
  const there = regions.filter((id) => stated !== null && source([id]).zones.map(clocksOf).includes(clocksOf(stated)));
  return there.length > 0 ? there : regions;
}

/** One zone of each group with the same clocks, by the name that the most direct source gives it. */
function combined(sources: readonly Source[]): readonly TimeZone[] {
  const zones = new Map<string, TimeZone>();
  const kept: (readonly (string | null)[])[] = [];
  for (const one of sources) {
    const clocks = one.zones.map(clocksOf);
    if (clocks.length === 0 || kept.some((more) => more.every((each) => clocks.includes(each)))) continue;
    kept.push(clocks);
    for (const [index, each] of clocks.entries())
      if (each !== null && !zones.has(each)) zones.set(each, one.zones[index] as TimeZone);
  }
  return [...zones.values()];
}
