import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wishIn } from './text-wish.ts';

describe('a text message', () => {
  it('refuses contact by the usual words, however they are written', () => {
    for (const text of [
      'STOP',
      ' stop. ',
      'Stop!!',
      'STOP ALL',
      'StopAll',
      'UNSUBSCRIBE',
      'opt-out',
      'Opt out',
      'quit',
      'END',
      'Cancel',
      'revoke',
      'ARRÊT',
      'Please stop calling me.',
      'Do not call me again!',
      'don’t contact me anymore please',
      'Take me off your calling list',
      'remove my number from the list now',
    ])
      assert.equal(wishIn(text), 'stop', text);
  });

  it('asks for contact again by START or UNSTOP alone', () => {
    for (const text of ['START', 'start.', 'Unstop']) assert.equal(wishIn(text), 'start', text);
  });

  it('asks for neither where such a word is part of something else', () => {
    for (const text of [
      'Please cancel my appointment on Friday',
      'I will stop by at five',
      'When does it start?',
      'Yes',
      "Don't call me at work, call my mobile",
      'Do not call before five',
      'The bus stop',
      '(1 media)',
      '',
    ])
      assert.equal(wishIn(text), null, text);
  });
});
