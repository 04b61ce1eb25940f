import type { WeekHours } from '#core/dialling/week-hours.ts';

/** Hours that campaigns set themselves. */
export const HOURS: readonly (WeekHours | null)[] = [
  null,
  { mon: [['09:00', '12:00']] },
  {
    tue: [
      ['08:00', '11:00'],
      ['16:00', '19:00'],
    ],
  },
];
/** Area codes: of one zone, of several, without summer time, far west, and of no place at all. */
export const AREAS = ['212', '312', '850', '602', '808', '907', '617', '800'];
