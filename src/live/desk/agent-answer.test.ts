import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerByKey, answerByWord } from './agent-answer.ts';

describe('the answer of an agent at the telephone', () => {
  it('is 1 or 2; no other key means anything', () => {
    assert.deepEqual(['1', '2', '3', '*', '#', '0'].map(answerByKey), ['accept', 'decline', null, null, null, null]);
  });

  it('is a whole word of consent or refusal, however it is written', () => {
    for (const text of ['Yes.', 'yes', 'Yes, please!', 'I accept', 'ACCEPT', 'yeah'])
      assert.equal(answerByWord(text), 'accept', text);
    for (const text of ['No.', 'no, thank you', 'Decline']) assert.equal(answerByWord(text), 'decline', text);
  });

  it('is never heard in the greeting of an answering machine', () => {
    for (const text of [
      'Yes, you have reached the voicemail of Ann, please leave a message after the tone',
      'I cannot take your call, say yes to accept the charges',
      'press one or say yes to take the call',
      'hello',
      '',
    ])
      assert.equal(answerByWord(text), null, text);
  });
});
