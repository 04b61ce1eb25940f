import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FailedSignIns } from './failed-sign-ins.ts';

it('a thousand failed sign-ins of an address are one line a minute, with their count', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: object[] = [];
  const log = { warn: (fields: object) => void lines.push(fields) };
  const failures = new FailedSignIns();
  const fail = (address: string) =>
    failures.add({ account: 'a@example.com', address, code: 'unauthenticated', request_id: 'req_1' }, log);
  for (let n = 0; n < 1000; n++) fail('192.0.2.1');
  fail('192.0.2.2');
  assert.equal(lines.length, 2);
  t.mock.timers.tick(60_000);
  assert.deepEqual(lines.slice(2), [{ address: '192.0.2.1', count: 999, seconds: 60 }]);
  fail('192.0.2.1');
  t.mock.timers.tick(60_000);
  assert.deepEqual(lines.slice(3), [{ address: '192.0.2.1', count: 1, seconds: 60 }]);
  t.mock.timers.tick(60_000);
  fail('192.0.2.1');
  assert.equal(lines.length, 5, 'after a quiet minute the next one is written at once');
});

it('more addresses than are counted apart share a line', () => {
  const lines: object[] = [];
  const failures = new FailedSignIns();
  for (let n = 0; n < 5000; n++)
    failures.add(
      { account: null, address: `10.0.${n >> 8}.${n & 255}`, code: 'unauthenticated', request_id: 'req_1' },
      { warn: (fields) => void lines.push(fields) },
    );
  assert.equal(lines.length, 1001);
});
