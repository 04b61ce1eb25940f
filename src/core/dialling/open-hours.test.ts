import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { timeZone, wallClock } from '../kernel/locale.ts';
import { openAtOrAfter, type OpenHours } from './open-hours.ts';
import { minutesOf, WEEKDAYS, type Span, type WeekHours } from './week-hours.ts';

/** The definition, instant by instant: what the clocks of each zone show lies in the hours. */
function isOpen({ zones, own }: OpenHours, at: Date): boolean {
  return zones.every((zone) => {
    const wall = wallClock(zone, at);
    const seconds = (wall.getUTCHours() * 60 + wall.getUTCMinutes()) * 60 + wall.getUTCSeconds();
    return own.every((hours) =>
      (hours[WEEKDAYS[wall.getUTCDay()]!] ?? []).some(
        ([from, to]) => minutesOf(from)! * 60 <= seconds && seconds < minutesOf(to)! * 60,
      ),
    );
  });
}

// Nights on which clocks change: by an hour in Chicago and London, by half an hour on Lord Howe Island.
const NIGHTS = [
  ['America/Chicago', '2026-03-08T08:00:00Z'],
  ['America/Chicago', '2026-11-01T07:00:00Z'],
  ['Europe/London', '2026-10-25T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
] as const;
const times = fc
  .integer({ min: 0, max: 48 })
  .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`);
const spans = fc.tuple(times, times).filter(([from, to]) => from < to) as fc.Arbitrary<Span>;
const weeks: fc.Arbitrary<WeekHours> = fc
  .tuple(...WEEKDAYS.map(() => fc.array(spans, { maxLength: 3 })))
  .map((days) => Object.fromEntries(WEEKDAYS.map((day, index) => [day, days[index]!])));

describe('open hours', () => {
  it('1. are those in which every clock shows an open time, also on nights on which clocks change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NIGHTS),
        fc.option(fc.constantFrom('Asia/Tokyo', 'America/Phoenix')),
        fc.array(weeks, { minLength: 1, maxLength: 2 }),
        fc.array(fc.integer({ min: -12 * 60, max: 12 * 60 }), { minLength: 10, maxLength: 10 }),
        ([zone, night], other, own, minutes) => {
          const zones = [zone, ...(other === null ? [] : [other])].map((one) => timeZone(one));
          const hours: OpenHours = { zones, jurisdictions: [], own };
          for (const minute of minutes) {
            const at = new Date(Date.parse(night) + minute * 60_000);
            const open = openAtOrAfter(hours, at);
            assert.equal(open?.fromMs === at.getTime(), isOpen(hours, at), at.toISOString());
            if (open === null) continue;
            assert.ok(isOpen(hours, new Date(open.fromMs)) && isOpen(hours, new Date(open.toMs - 1000)));
            if (open.fromMs > at.getTime()) assert.ok(!isOpen(hours, new Date(open.fromMs - 1000)));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('1. an hour that clocks skip is not open, one that they repeat is open twice', () => {
    const onSundays = (span: Span, at: string) =>
      openAtOrAfter({ zones: [timeZone('America/Chicago')], jurisdictions: [], own: [{ sun: [span] }] }, new Date(at))!;
    // 2026-03-08 has no 02:00 in Chicago; the next Sunday has.
    const skipped = onSundays(['02:00', '03:00'], '2026-03-08T06:00:00Z');
    assert.equal(new Date(skipped.fromMs).toISOString(), '2026-03-15T07:00:00.000Z');
    const twice = onSundays(['01:00', '02:00'], '2026-11-01T00:00:00Z');
    assert.equal(twice.toMs - twice.fromMs, 2 * 3_600_000);
  });
});
