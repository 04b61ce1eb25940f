import assert from 'node:assert/strict';
import { it } from 'node:test';
import { colleagueAt } from './colleagues.ts';

it('a voicemail, or a silent colleague, never accepts and hangs up before long', () => {
  for (const number of ['+15005550004', '+15005550010']) {
    const pickup = colleagueAt(number);
    assert.ok(pickup.outcome === 'answered');
    assert.equal(pickup.persona.presses, undefined);
    assert.ok(pickup.persona.leavesAfterMs! <= 30_000, number);
  }
});
