import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endingWords } from './end-reasons.ts';

it('a call that a user ended does not say that the talk came to its end', () => {
  const ended = { failureReason: null, endReason: 'completed' };
  assert.equal(endingWords({ ...ended, endedBy: 'agent' }), 'The talk came to its end.');
  assert.equal(endingWords({ ...ended, endedBy: 'human' }), 'A user ended the call.');
  assert.equal(
    endingWords({ ...ended, endReason: 'no_longer_needed', endedBy: 'human' }),
    'It ended: no longer needed.',
  );
  assert.equal(
    endingWords({ failureReason: 'invalid number', endReason: null, endedBy: 'carrier' }),
    'invalid number.',
  );
});
