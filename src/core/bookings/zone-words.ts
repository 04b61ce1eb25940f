import { timeZone, type TimeZone } from '../kernel/locale.ts';

/** What people call zones; a standard-time name is used all year, so it is the place's zone. */
const NAMES: Readonly<Record<string, string>> = {
  pacific: 'America/Los_Angeles',
  mountain: 'America/Denver',
  central: 'America/Chicago',
  eastern: 'America/New_York',
  atlantic: 'America/Halifax',
  alaska: 'America/Anchorage',
  hawaii: 'Pacific/Honolulu',
  utc: 'UTC',
  gmt: 'UTC',
  zulu: 'UTC',
  pst: 'America/Los_Angeles',
  pdt: 'America/Los_Angeles',
  mst: 'America/Denver',
  mdt: 'America/Denver',
  cst: 'America/Chicago',
  cdt: 'America/Chicago',
  est: 'America/New_York',
  edt: 'America/New_York',
  bst: 'Europe/London',
  cet: 'Europe/Berlin',
  cest: 'Europe/Berlin',
  eet: 'Europe/Helsinki',
  eest: 'Europe/Helsinki',
  indian: 'Asia/Kolkata',
  japan: 'Asia/Tokyo',
  german: 'Europe/Berlin',
  british: 'Europe/London',
  uk: 'Europe/London',
};
const SHORT = new Set('utc gmt zulu pst pdt mst mdt cst cdt est edt bst cet cest eet eest'.split(' '));
const CITIES = new Map(
  Intl.supportedValuesOf('timeZone').map((zone) => [zone.split('/').at(-1)!.replaceAll('_', ' ').toLowerCase(), zone]),
);
/** Words before `time` that name no zone. */
const NO_ZONE =
  /^(the|a|this|that|what|which|any|some|same|first|good|best|better|free|open|your|our|office|of|at|is|in|on|and|for|next|long|short|nice|great|perfect|fine|other|another|about|by|my|his|her|their|last)$/;
const AFTER_TIME = '(?<=\\d|am|pm|noon)';

/** The words without the zone that they name. `problem`: words that name an unknown zone, such as "my time". */
export function withoutZone(
  text: string,
  home: TimeZone,
): { text: string; zone: TimeZone; problem: readonly string[] } {
  const own = /\b(my|his|her|their) (?:local )?time\b/.exec(text);
  if (own) return { text: text.replace(own[0], '').trim(), zone: home, problem: own[0].split(' ') };
  const named = /\b((?:[a-z]+ )?[a-z]+) (?:standard |daylight |summer )?time(?: zone)?\b/.exec(text);
  if (named) {
    const words = named[1]!.split(' ');
    for (const name of [words.join(' '), words.at(-1)!]) {
      const zone = NAMES[name] ?? CITIES.get(name);
      if (zone !== undefined) return cut(text, `${name}${named[0].slice(named[1]!.length)}`, zone);
    }
    const last = words.at(-1)!;
    const afterTime = new RegExp(`${AFTER_TIME} (?:in |on )?${named[1]!}`).test(text);
    if (!NO_ZONE.test(last) && afterTime) return { text, zone: home, problem: [last, 'time'] };
  }
  const bare = new RegExp(`${AFTER_TIME} (${Object.keys(NAMES).join('|')})\\b`).exec(text);
  if (bare) return cut(text, bare[1]!, NAMES[bare[1]!]!);
  const place = new RegExp(`${AFTER_TIME} in ((?:[a-z]+ )?[a-z]+)\\b`).exec(text)?.[1];
  const there = [place, place?.split(' ')[0]].find((one) => one !== undefined && CITIES.has(one));
  if (there !== undefined) return cut(text, `in ${there}`, CITIES.get(there)!);
  const short = [...text.matchAll(/\b[a-z]{3,4}\b/g)].map(([word]) => word).find((word) => SHORT.has(word));
  return short === undefined ? { text, zone: home, problem: [] } : cut(text, short, NAMES[short]!);
}

function cut(text: string, words: string, zone: string): { text: string; zone: TimeZone; problem: readonly string[] } {
  return { text: text.replace(words, '').replace(/\s+/g, ' ').trim(), zone: timeZone(zone), problem: [] };
}
