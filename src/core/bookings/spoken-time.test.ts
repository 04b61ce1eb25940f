import assert from 'node:assert/strict';
import { it } from 'node:test';
import { instantIn, timeZone } from '../kernel/locale.ts';
import { spokenTime } from './spoken-time.ts';

// A Wednesday noon in Berlin.
const NOW = new Date('2026-01-14T11:00:00Z');
const BERLIN = timeZone('Europe/Berlin');
const at = (text: string) => spokenTime(text, NOW, BERLIN)?.toISOString().slice(0, 16) ?? null;

const SAID: readonly (readonly [string, string | null])[] = [
  ['tuesday at three', '2026-01-20T14:00'],
  ['tuesday at three works for me', '2026-01-20T14:00'],
  ['tomorrow at ten', '2026-01-15T09:00'],
  ['tomorrow morning', '2026-01-15T08:00'],
  ['friday afternoon', '2026-01-16T13:00'],
  ['friday at half past two', '2026-01-16T13:30'],
  ['monday at quarter to nine', '2026-01-19T07:45'],
  ['the day after tomorrow at noon', '2026-01-16T11:00'],
  ["thursday at four o'clock", '2026-01-15T15:00'],
  ['monday ten thirty', '2026-01-19T09:30'],
  ['wednesday at three', '2026-01-21T14:00'],
  ['today at 3 pm', '2026-01-14T14:00'],
  ['tomorrow at 8:15', '2026-01-15T07:15'],
  ['tomorrow at 8:15 pm', '2026-01-15T19:15'],
  ['at nine in the morning', '2026-01-15T08:00'],
  ['at four', '2026-01-14T15:00'],
  ['march third at eleven', '2026-03-03T10:00'],
  ['the twenty first of july at two', '2026-07-21T12:00'],
  ['january 10 at nine', '2027-01-10T08:00'],
  ['next week monday at ten', '2026-01-19T09:00'],
  ['2026-01-15T15:00', '2026-01-15T14:00'],
  ['2026-01-15 15:00', '2026-01-15T14:00'],
  ['2026-01-15T15:00:00Z', '2026-01-15T15:00'],
  ['2026-07-15T15:00', '2026-07-15T13:00'],
  ['2026-01-15 at three', '2026-01-15T14:00'],
  ['tuesday', null],
  ['soon', null],
  ['', null],
  ['2026-13-45T99:99', null],
  ['next week', null],
];

for (const [text, instant] of SAID) it(`"${text}" is ${instant ?? 'no time'}`, () => assert.equal(at(text), instant));

it('clocks that are put forward and back', () => {
  assert.equal(instantIn(BERLIN, '2026-03-29', 3, 30).toISOString(), '2026-03-29T01:30:00.000Z');
  assert.equal(instantIn(BERLIN, '2026-10-25', 4, 0).toISOString(), '2026-10-25T03:00:00.000Z');
  assert.equal(instantIn(timeZone('America/New_York'), '2026-03-08', 12, 0).toISOString(), '2026-03-08T16:00:00.000Z');
});
