import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FairTurns } from './fair-turns.ts';

const settled = () => new Promise((done) => setImmediate(done));

it('one key that waits with many holds up no other, and has no more than its places', async () => {
  const turns = new FairTurns({ atOnce: 2, perKey: 1, waitingPerKey: 3 });
  const started: string[] = [];
  const release: (() => void)[] = [];
  const take = (key: number, name: string) =>
    turns.take(key).then((give) => {
      started.push(give ? name : `${name} refused`);
      if (give) release.push(give);
    });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void take(1, name);
  void take(2, 'b1');
  void take(3, 'c1');
  await settled();
  assert.deepEqual(started, ['a1', 'a5 refused', 'b1']);
  release[1]!();
  await settled();
  assert.deepEqual(started.slice(3), ['c1']);
  release[0]!();
  release[0]!();
  await settled();
  assert.deepEqual(started.slice(4), ['a2']);
});

it('who stops waiting leaves its place to the next', async () => {
  const turns = new FairTurns({ atOnce: 1, perKey: 1, waitingPerKey: 3 });
  const first = await turns.take(1);
  const impatient = new AbortController();
  const left = turns.take(1, impatient.signal);
  const next = turns.take(2);
  impatient.abort();
  assert.equal(await left, null);
  first!();
  assert.equal(typeof (await next), 'function');
});
