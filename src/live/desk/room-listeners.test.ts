import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RoomListeners } from './room-listeners.ts';

it('a listener who lost the role is removed until the call is over; looks do not queue', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const removed: number[] = [];
  let answer = Promise.withResolvers<void>();
  const listeners = new RoomListeners({
    may: (userId) => Promise.resolve(userId === 1),
    remove: (userId) => {
      removed.push(userId);
      return answer.promise;
    },
    failed: (error) => assert.fail(String(error)),
  });
  listeners.add(1);
  await listeners.look();
  assert.deepEqual(removed, []);
  listeners.add(2);
  const looks = Array.from({ length: 50 }, () => listeners.look());
  answer.resolve();
  await Promise.all(looks);
  assert.ok(removed.length <= 2 && removed.every((userId) => userId === 2), String(removed));
  const before = removed.length;
  answer = Promise.withResolvers();
  answer.resolve();
  t.mock.timers.tick(2000);
  await listeners.look();
  assert.ok(removed.length > before, 'their token still opens the room');
  listeners.close();
  const last = removed.length;
  await listeners.look();
  t.mock.timers.tick(10_000);
  assert.equal(removed.length, last);
});
