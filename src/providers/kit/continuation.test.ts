import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Continuation } from './continuation.ts';

function read(said: string, pieces: readonly string[]): string {
  const continuation = new Continuation(said);
  return pieces.map((piece) => continuation.push(piece)).join('') + continuation.end();
}

const CASES: readonly (readonly [said: string, answer: string, rest: string])[] = [
  ['Your appointment is on the', 'Your appointment is on the third of March.', ' third of March.'],
  ['Your appointment is on the', 'third of March.', 'third of March.'],
  ['Your appointment is on', 'Your order is here.', 'Your order is here.'],
  ['Yes, we are open.', 'yes we are open! Come in.', ' Come in.'],
  ['Yes.', 'Yes.', ''],
  ['Yes, of course.', 'Yes.', 'Yes.'],
  ['It costs 5', 'It costs 5.90 a month.', '.90 a month.'],
  ['我们明天', '我们明天下午开门。', '下午开门。'],
  ['', 'Hello.', 'Hello.'],
];

it('what another model has said is not said again, in whatever pieces the answer comes', () => {
  for (const [said, answer, rest] of CASES) {
    assert.equal(read(said, [answer]), rest);
    assert.equal(read(said, Array.from(answer)), rest);
    for (let cut = 0; cut <= answer.length; cut++)
      assert.equal(read(said, [answer.slice(0, cut), answer.slice(cut)]), rest, `cut at ${cut}`);
  }
});

it('an answer that shares no beginning is left as it is', () => {
  fc.assert(fc.property(fc.array(fc.string()), (pieces) => assert.equal(read('\u{10380}', pieces), pieces.join(''))));
});
