import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTimeZone } from '../kernel/locale.ts';
import { AREA_CODES, CALLING_CODES } from './area-codes.ts';
import { COUNTRY_ZONES } from './country-zones.ts';
import { placeOf, type Whereabouts } from './place.ts';
import { NARROWED, REGIONS } from './region-zones.ts';

const place = (number: string, more: Partial<Whereabouts> = {}) => {
  const { regions, zones } = placeOf({
    number,
    postalCode: null,
    region: null,
    country: null,
    timeZone: null,
    ...more,
  });
  return `${regions.join(' ')}: ${zones.map((zone) => zone.split('/').at(-1)).join(' ')}`;
};

const CASES: readonly (readonly [what: string, number: string, more: Partial<Whereabouts>, place: string])[] = [
  ['623 is Phoenix, which has no daylight time', '+16235550100', {}, 'US US-AZ: Phoenix'],
  ['928 holds the Navajo Nation, which has', '+19285550100', {}, 'US US-AZ: Phoenix Denver'],
  ['308 is Nebraska, in two zones', '+13085550100', {}, 'US US-NE: Chicago Denver'],
  ['a county of Indiana in the east', '+13175550100', {}, 'US US-IN: New_York'],
  ['a county of Indiana that may be central', '+12195550100', {}, 'US US-IN: New_York Chicago'],
  [
    'a state and a number that share one of their zones',
    '+12195550100',
    { region: 'TX' },
    'US US-TX US-IN: Chicago Denver New_York',
  ],
  [
    'a number of Toronto, an address in Vancouver',
    '+14165550100',
    { postalCode: 'V6B 1A1' },
    'CA CA-BC CA-ON: Vancouver Toronto',
  ],
  [
    'a number of Chicago, an address in Phoenix',
    '+13125550100',
    { postalCode: '85001' },
    'US US-AZ US-IL: Phoenix Chicago',
  ],
  ['the Dominican Republic is +1 too', '+18095550100', {}, 'DO: Santo_Domingo'],
  ['Puerto Rico is in the United States', '+17875550100', {}, 'US US-PR: Puerto_Rico'],
  ['American Samoa has a Hawaiian postal code', '+18005550100', { postalCode: '96799' }, 'US US-AS: Pago_Pago'],
  ['toll-free has no place', '+18005550100', {}, ': '],
  ['555 is no area code', '+15557770001', {}, ': '],
  ['a stated zone is enough', '+15557770001', { timeZone: 'Asia/Tokyo' }, ': Tokyo'],
  ['a stated zone narrows a state', '+18505550100', { timeZone: 'America/New_York' }, 'US US-FL: New_York'],
  ['a stated zone by another name', '+13135550100', { timeZone: 'US/Michigan' }, 'US US-MI: Michigan'],
  ['a stated zone elsewhere is added', '+13125550100', { timeZone: 'Europe/London' }, 'US US-IL: London Chicago'],
  ['a zone that does not exist is not known', '+18005550100', { timeZone: 'Mars/Olympus' }, ': '],
  ['a state by its name', '+18005550100', { region: ' new york ' }, 'US US-NY: New_York'],
  ['a state by its code', '+18005550100', { region: 'wa' }, 'US US-WA: Los_Angeles'],
  ['a state with its country', '+442079460000', { region: 'US-TX' }, 'GB GG IM JE: London'],
  [
    'a state abroad, with its country',
    '+442079460000',
    { region: 'TX', country: 'USA' },
    'US US-TX GB GG IM JE: Chicago Denver London',
  ],
  [
    'a state narrowed by its postal code',
    '+18005550100',
    { region: 'TX', postalCode: '75201-1234' },
    'US US-TX: Chicago',
  ],
  ['a postal code that lost its zero', '+18005550100', { postalCode: '2139' }, 'US US-MA: New_York'],
  ['digits are no American postal code in Germany', '+4930123456', { postalCode: '10115' }, 'DE: Berlin'],
  ['a country with several zones', '+351212345678', {}, 'PT: Lisbon Azores'],
  ['Kazakhstan shares +7', '+77011234567', {}, 'KZ: Almaty'],
  ['a calling code that does not exist', '+9991234567', {}, ': '],
  ['a satellite number', '+870123456789', {}, ': '],
  [
    'a country of unknown state: the states with the zone',
    '+18005550100',
    { country: 'Canada', timeZone: 'America/Vancouver' },
    'CA CA-BC: Vancouver',
  ],
];

describe('where a person may be', () => {
  for (const [what, number, more, expected] of CASES)
    it(`1. ${what}`, () => assert.equal(place(number, more), expected));

  it('all zones exist, and all codes name a place', () => {
    const zones = [
      ...Object.keys(COUNTRY_ZONES).flatMap((one) => one.split(' ')),
      ...Object.values(REGIONS).flatMap((one) => one.zones),
    ];
    assert.deepEqual(
      zones.filter((zone) => !isTimeZone(zone)),
      [],
    );
    const countries = new Set(Object.values(COUNTRY_ZONES).flatMap((one) => one.split(' ')));
    const places = [...Object.keys(AREA_CODES), ...Object.values(CALLING_CODES).flatMap((one) => one.split(' '))];
    assert.deepEqual(
      places.filter((one) => !countries.has(one) && !Object.hasOwn(REGIONS, one)),
      [],
    );
  });

  for (const [key, { codes, postal }] of Object.entries(NARROWED))
    it(`${key}: each narrowed code is one of that region, and leaves it in one zone of the region`, () => {
      const [region, zone] = key.split(' ') as [string, string];
      assert.ok(REGIONS[region]!.zones.includes(zone));
      for (const code of codes.split(' ').filter(Boolean))
        assert.deepEqual(
          placeOf({ number: `+1${code}5550100`, postalCode: null, region: null, country: null, timeZone: null }),
          {
            regions: [region.slice(0, 2), region],
            zones: [zone],
          },
        );
      for (const one of postal.split(' ')) {
        const [first, last = first] = one.split('-') as [string, string?];
        for (const prefix of [first, last]) {
          const code = region.startsWith('CA') ? `${prefix}${prefix.length === 1 ? '1' : ''}A1A1` : `${prefix}01`;
          assert.deepEqual(
            placeOf({ number: '+18005550100', postalCode: code, region: null, country: null, timeZone: null }).zones,
            [zone],
          );
        }
      }
    });
});
