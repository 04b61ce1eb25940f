import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { storable } from './storable.ts';

const one = (value: unknown) => (storable([value]) as unknown[])[0];

it('replaces NUL and half characters, and nothing else', () => {
  assert.equal(one('a\0b'), 'a\uFFFDb');
  assert.deepEqual(one(['\0', 7, null]), ['\uFFFD', 7, null]);
  assert.equal(one('{"a":"\\u0000"}'), '{"a":"\\ufffd"}');
  assert.equal(one('{"a":"\\ud83d"}'), '{"a":"\\ufffd"}');
  assert.equal(one('{"a":"\\ude00"}'), '{"a":"\\ufffd"}');
  for (const kept of ['{"a":"\\ud83d\\ude00"}', '{"a":"\\\\u0000"}', 'say \\u0000', '{"a":"\\u00e9\\n"}'])
    assert.equal(one(kept), kept);
  assert.equal(one('{"a":"\\u0041\\ude00"}'), '{"a":"\\u0041\\ufffd"}');
});

it('makes JSON of any text one that Postgres holds, and leaves the others as they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      const broken = texts.map((text) => text + (text.length % 2 ? '\0' : '') + text.slice(0, 1));
      const stored = JSON.parse(one(JSON.stringify(broken)) as string) as string[];
      assert.deepEqual(
        stored,
        broken.map((text) => text.replaceAll('\0', '\uFFFD').toWellFormed()),
      );
    }),
  );
});
