import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dayIn, timeZone, wallClock } from '../kernel/locale.ts';
import { partsOf, periodsOf, type Granularity } from './periods.ts';

const HOUR_MS = 3_600_000;
const at = (text: string) => Date.parse(text);
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/Santiago',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
].map(timeZone);

describe('periods of a zone', () => {
  const hoursOf = (zone: string, from: string, to: string) =>
    periodsOf(timeZone(zone), 'day', { from: at(from), to: at(to) }).map((day) => (day.to - day.from) / HOUR_MS);

  it('are days of 23 and 25 hours where clocks change', () => {
    assert.deepEqual(hoursOf('Europe/Berlin', '2026-03-27T23:00Z', '2026-03-30T22:00Z'), [24, 23, 24]);
    assert.deepEqual(hoursOf('America/New_York', '2026-10-31T04:00Z', '2026-11-03T05:00Z'), [24, 25, 24]);
    assert.deepEqual(hoursOf('Australia/Lord_Howe', '2026-04-03T13:00Z', '2026-04-05T13:30Z'), [24, 24.5]);
  });

  it('begin when clocks are put forward over midnight, and leave out a day that was skipped', () => {
    // At midnight of the 4th it became one o'clock.
    assert.deepEqual(
      periodsOf(timeZone('America/Sao_Paulo'), 'day', {
        from: at('2018-11-03T12:00Z'),
        to: at('2018-11-05T12:00Z'),
      }).map((day) => new Date(day.from).toISOString()),
      ['2018-11-03T12:00:00.000Z', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
    );
    // Samoa had no 30 December 2011.
    assert.deepEqual(hoursOf('Pacific/Apia', '2011-12-29T10:00Z', '2012-01-01T10:00Z'), [24, 24, 24]);
  });

  it('fill the range, without gap or overlap, and each is one calendar period', () => {
    const keyOf = (zone: (typeof zones)[number], granularity: Granularity, instant: number): string => {
      const day = dayIn(zone, new Date(instant));
      if (granularity === 'month') return day.slice(0, 7);
      if (granularity === 'day') return day;
      const midnight = at(`${day}T00:00Z`);
      return String(Math.floor((midnight / (24 * HOUR_MS) + 3) / 7));
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('day', 'week', 'month'),
        fc.integer({ min: at('2008-01-01') / 1000, max: at('2030-01-01') / 1000 }),
        fc.integer({ min: 1, max: 60 * 24 * 3600 }),
        (zone, granularity, start, seconds) => {
          const range = { from: start * 1000, to: (start + seconds) * 1000 };
          const periods = periodsOf(zone, granularity, range);
          assert.deepEqual([periods[0]!.from, periods.at(-1)!.to], [range.from, range.to]);
          const keys = periods.map((period, n) => {
            assert.ok(period.from < period.to && (n === 0 || period.from === periods[n - 1]!.to));
            const key = keyOf(zone, granularity, period.from);
            for (const inside of [(period.from + period.to) / 2, period.to - 1000])
              assert.equal(keyOf(zone, granularity, inside), key, `${zone} ${new Date(period.from).toISOString()}`);
            return key;
          });
          assert.equal(new Set(keys).size, keys.length, `${zone}: a ${granularity} is there twice`);
        },
      ),
    );
  });

  it('are hours by the clock of the zone', () => {
    const range = { from: at('2026-01-01T00:10Z'), to: at('2026-01-01T02:40Z') };
    const hours = periodsOf(timeZone('Asia/Kathmandu'), 'hour', range);
    assert.deepEqual(
      hours.map((hour) => wallClock(timeZone('Asia/Kathmandu'), new Date(hour.from)).toISOString().slice(11, 16)),
      ['05:55', '06:00', '07:00', '08:00'],
    );
  });
});

describe('parts of a period', () => {
  it('are whole spans, longest where they fit, and exact at the edges', () => {
    const parts = partsOf({ from: at('2026-01-01T21:50Z'), to: at('2026-01-04T00:20Z') });
    assert.deepEqual(
      parts.map(({ span, from, to }) => [span, new Date(from).toISOString().slice(8, 16), (to - from) / 60_000]),
      [
        ['exact', '01T21:50', 10],
        ['hour', '01T22:00', 120],
        ['day', '02T00:00', 2880],
        ['quarter', '04T00:00', 15],
        ['exact', '04T00:15', 5],
      ],
    );
    assert.deepEqual(partsOf({ from: 5, to: 5 }), []);
  });
});
