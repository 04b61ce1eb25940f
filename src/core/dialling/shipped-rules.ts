import type { Jurisdiction } from './rules.ts';
import type { Span, WeekHours } from './week-hours.ts';

// The calling rules that are shipped, as data: what each place demands, from which source, read on which day.
// NOT LEGAL ADVICE. Sources disagree and laws change: check what applies to you, and tighten it in your settings.

const AS_OF = '2026-11-27';
const STATES = 'State call times of VICIdial (2024-11) and the state table of Drop Cowboy (2025-11)';

interface Week {
  readonly sat?: Span | 'closed';
  readonly sun?: Span | 'closed';
}

/** The same hours on all days but those given. */
function week(from: string, to: string, { sat = [from, to], sun = [from, to] }: Week = {}): WeekHours {
  const daily: readonly Span[] = [[from, to]];
  return {
    mon: daily,
    tue: daily,
    wed: daily,
    thu: daily,
    fri: daily,
    ...(sat === 'closed' ? {} : { sat: [sat] }),
    ...(sun === 'closed' ? {} : { sun: [sun] }),
  };
}

const US_HOLIDAYS = [
  '01-01',
  '3 mon jan',
  '3 mon feb',
  'last mon may',
  '06-19',
  '07-04',
  '1 mon sep',
  '2 mon oct',
  '11-11',
  '4 thu nov',
  '12-25',
];
const FRENCH_HOLIDAYS = [
  '01-01',
  'easter+1',
  '05-01',
  '05-08',
  'easter+39',
  'easter+50',
  '07-14',
  '08-15',
  '11-01',
  '11-11',
  '12-25',
];

type Fields = Partial<Omit<Jurisdiction, 'id' | 'name'>> & Pick<Jurisdiction, 'source'>;

const rule = (id: string, name: string, fields: Fields): Jurisdiction => ({
  id,
  name,
  hours: null,
  closed: [],
  limits: [],
  rests: [],
  consent: 'none',
  disclosure: [],
  asOf: AS_OF,
  ...fields,
});

const state = (code: string, name: string, hours: WeekHours | null, more: Partial<Jurisdiction> = {}): Jurisdiction =>
  rule(`US-${code}`, name, { hours, source: STATES, ...more });

const THREE_A_DAY = [{ count: 3, hours: 24, scope: 'number' }] as const;

export const SHIPPED_RULES: readonly Jurisdiction[] = [
  rule('*', 'everywhere', {
    hours: week('08:00', '21:00'),
    limits: THREE_A_DAY,
    rests: [{ after: ['abandoned'], hours: 72 }],
    source:
      'The default of this product: no call at night anywhere, no more than three dials of a number in 24 hours, and ' +
      '72 hours of rest after a call that no human took (Ofcom)',
  }),
  rule('US', 'the United States', {
    hours: week('08:00', '21:00'),
    consent: 'prior-written',
    disclosure: ['caller', 'callback-number', 'opt-out'],
    source: '16 CFR 310.4(c); 47 CFR 64.1200(b) and (c); FCC 24-17 (artificial voices)',
  }),
  state('AL', 'Alabama', week('08:00', '20:00', { sun: 'closed' }), { closed: US_HOLIDAYS, closedDatesMove: true }),
  state('CT', 'Connecticut', week('09:00', '20:00')),
  state('FL', 'Florida', week('08:00', '20:00'), { limits: THREE_A_DAY }),
  state('IL', 'Illinois', week('08:00', '21:00')),
  state('IN', 'Indiana', week('09:00', '20:00')),
  state('KY', 'Kentucky', week('10:00', '21:00')),
  state('LA', 'Louisiana', week('08:00', '20:00', { sun: 'closed' }), { closed: US_HOLIDAYS, closedDatesMove: true }),
  state('ME', 'Maine', week('09:00', '17:00')),
  state('MD', 'Maryland', week('08:00', '20:00')),
  state('MA', 'Massachusetts', week('08:00', '20:00')),
  state('MI', 'Michigan', week('09:00', '21:00')),
  state('MN', 'Minnesota', week('09:00', '21:00')),
  state('MS', 'Mississippi', week('08:00', '20:00', { sun: 'closed' })),
  state('NE', 'Nebraska', week('08:00', '21:00')),
  state('NM', 'New Mexico', week('09:00', '21:00')),
  state('NV', 'Nevada', week('09:00', '20:00')),
  state('OK', 'Oklahoma', week('08:00', '20:00'), { limits: THREE_A_DAY }),
  state('PA', 'Pennsylvania', week('08:00', '21:00', { sun: ['13:30', '21:00'] })),
  state('RI', 'Rhode Island', week('09:00', '18:00', { sat: ['10:00', '17:00'], sun: 'closed' })),
  state('SD', 'South Dakota', week('08:00', '21:00', { sun: 'closed' })),
  state('TN', 'Tennessee', week('08:00', '21:00')),
  state('TX', 'Texas', week('08:00', '21:00', { sun: ['12:00', '21:00'] })),
  state('UT', 'Utah', week('09:00', '20:00')),
  state('WA', 'Washington', week('08:00', '20:00')),
  state('WY', 'Wyoming', week('08:00', '20:00')),
  rule('CA', 'Canada', {
    hours: week('09:00', '21:30', { sat: ['10:00', '18:00'], sun: ['10:00', '18:00'] }),
    consent: 'prior',
    disclosure: ['caller', 'callback-number'],
    source: 'CRTC, Unsolicited Telecommunications Rules (calling curfews); Compliance and Enforcement CRTC 2014-155',
  }),
  rule('GB', 'the United Kingdom', {
    rests: [{ after: ['abandoned'], hours: 72 }],
    consent: 'prior',
    disclosure: ['caller', 'callback-number'],
    source: 'Ofcom, persistent misuse statement (2017-03-01); PECR regulation 19',
  }),
  rule('FR', 'France', {
    hours: {
      mon: [
        ['10:00', '13:00'],
        ['14:00', '20:00'],
      ],
      tue: [
        ['10:00', '13:00'],
        ['14:00', '20:00'],
      ],
      wed: [
        ['10:00', '13:00'],
        ['14:00', '20:00'],
      ],
      thu: [
        ['10:00', '13:00'],
        ['14:00', '20:00'],
      ],
      fri: [
        ['10:00', '13:00'],
        ['14:00', '20:00'],
      ],
    },
    closed: FRENCH_HOLIDAYS,
    limits: [{ count: 4, hours: 30 * 24, scope: 'number' }],
    rests: [{ after: ['declined'], hours: 60 * 24 }],
    consent: 'prior',
    source: 'Decree 2022-1313; law 2025-594 (consent needed since 2026-08-11)',
  }),
  rule('DE', 'Germany', {
    consent: 'prior-written',
    source: 'UWG sections 7 and 7a: documented consent, kept five years from its last use',
  }),
  rule('EU', 'the European Union', {
    covers: 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
    disclosure: ['artificial-voice'],
    source: 'Regulation (EU) 2024/1689, Article 50(1), since 2026-08-02',
  }),
];
