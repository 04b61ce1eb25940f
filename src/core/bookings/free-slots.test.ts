import assert from 'node:assert/strict';
import { it } from 'node:test';
import { timeZone } from '../kernel/locale.ts';
import { openSlots } from './free-slots.ts';

it('free slots lie in the opening hours of the zone, and follow its clocks', () => {
  const hours = { fri: [['10:00', '11:30']], mon: [['10:00', '11:00']] } as const;
  // New York puts its clocks forward on 2031-03-09, a Sunday.
  const slots = openSlots(hours, timeZone('America/New_York'), new Date('2031-03-07T15:10:00Z'));
  assert.deepEqual(
    slots.slice(0, 4).map((at) => at.toISOString().slice(0, 16)),
    ['2031-03-07T15:30', '2031-03-07T16:00', '2031-03-10T14:00', '2031-03-10T14:30'],
  );
  assert.deepEqual(openSlots({}, timeZone('America/New_York'), new Date('2031-03-07T15:10:00Z')), []);
});
