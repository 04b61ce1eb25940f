import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Contact } from './contact.ts';
import { isFromServer, translate } from './outage.ts';
import { RecordsUnavailable } from '#core/kernel/errors.ts';

const error = (code: string, message = 'x') => Object.assign(new Error(message), { code });

function open() {
  const said: string[] = [];
  let nowMs = 0;
  let silences = 0;
  let returns = 0;
  const log = {
    info: (_: object, message: string) => void said.push(message),
    error: (_: object, message: string) => void said.push(message),
  };
  const contact = new Contact(
    log,
    () => silences++,
    () => nowMs,
  );
  contact.onReturn(() => returns++);
  return {
    contact,
    said,
    at: (ms: number) => (nowMs = ms),
    counts: () => ({ silences, returns }),
  };
}

describe('contact with the database', () => {
  it('is lost after two seconds, and an outage is a line when it begins and one when it ends', () => {
    const { contact, said, at, counts } = open();
    at(1900);
    contact.failed(error('ECONNREFUSED'));
    assert.equal(contact.state, 'up');
    for (let ms = 2000; ms <= 60_000; ms += 500) {
      at(ms);
      contact.failed(error('ECONNREFUSED'));
    }
    assert.equal(contact.state, 'away');
    at(61_000);
    contact.succeeded(3);
    contact.succeeded(3);
    assert.deepEqual([contact.state, contact.answerMs, said.length], ['up', 3, 2]);
    assert.deepEqual(counts(), { silences: 1, returns: 1 });
  });

  it('lets the database be read that takes no changes', () => {
    const { contact, at, counts } = open();
    at(9000);
    contact.failed(translate(error('25006')));
    assert.equal(contact.state, 'read-only');
    assert.equal(counts().silences, 0);
  });
});

describe('an error of the database', () => {
  for (const [code, outage, fromServer] of [
    ['57P01', true, false],
    ['53300', true, true],
    ['53100', true, true],
    ['25006', true, true],
    ['08006', true, false],
    ['ECONNRESET', true, false],
    ['ENOENT', true, false],
    ['23505', false, true],
    ['40001', false, true],
    ['22021', false, true],
  ] as const)
    it(`${code} ${outage ? 'means' : 'does not mean'} that it is not available`, () => {
      const translated = translate(error(code));
      assert.equal(translated instanceof RecordsUnavailable, outage);
      assert.equal(isFromServer(translated), fromServer);
    });

  it('of a connection that broke has no code', () => {
    for (const message of [
      'Connection terminated unexpectedly',
      'Query read timeout',
      'timeout exceeded when trying to connect',
      'Client has encountered a connection error and is not queryable',
    ])
      assert.ok(translate(new Error(message)) instanceof RecordsUnavailable, message);
    assert.ok(!(translate(new TypeError('x is not a function')) instanceof RecordsUnavailable));
  });
});
