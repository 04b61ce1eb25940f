import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isLeftOver, ROOM_AHEAD_MS, ROOM_GRACE_MS, type CallInRoom } from './left-room.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);
const room = (createdMs: number) => ({ name: 'call-1', callSid: null, createdAt: at(createdMs) });
const NOW = 10 * 3_600_000;
const time = fc.integer({ min: 0, max: NOW });
const ended = fc.tuple(time, time).map(([one, other]): CallInRoom => {
  const [from, to] = one < other ? [one, other] : [other, one];
  return { placedAt: at(from), endedAt: at(to) };
});
const running = time.map((placed): CallInRoom => ({ placedAt: at(placed), endedAt: null }));

it('a room without a call of ours is never closed', () => {
  fc.assert(fc.property(time, (created) => !isLeftOver(room(created), [], at(NOW))));
});

it('a room in which a call still runs is never closed, whatever took place in it before', () => {
  fc.assert(
    fc.property(time, fc.array(ended), running, fc.nat(), (created, before, one, where) => {
      const calls = before.toSpliced(where % (before.length + 1), 0, one);
      return !isLeftOver(room(created), calls, at(NOW));
    }),
  );
});

it('a room that is older than every call in it, or newer, is never closed', () => {
  fc.assert(
    fc.property(fc.array(ended, { minLength: 1 }), fc.integer({ min: 1, max: NOW }), (calls, by) => {
      const first = Math.min(...calls.map(({ placedAt }) => placedAt.getTime()));
      const last = Math.max(...calls.map(({ endedAt }) => endedAt!.getTime()));
      const older = { ...room(0), createdAt: new Date(first - ROOM_AHEAD_MS - by) };
      const newer = { ...room(0), createdAt: new Date(last + 5000 + by) };
      return !isLeftOver(older, calls, at(2 * NOW)) && !isLeftOver(newer, calls, at(4 * NOW));
    }),
  );
});

it('a room that was created for a call is closed once all its calls are over for a while, and stays so', () => {
  fc.assert(
    fc.property(fc.array(ended, { minLength: 1 }), fc.nat(NOW), (calls, later) => {
      const last = Math.max(...calls.map(({ endedAt }) => endedAt!.getTime()));
      const made = { ...room(0), createdAt: calls[0]!.placedAt };
      assert.equal(isLeftOver(made, calls, new Date(last + ROOM_GRACE_MS - 1)), false);
      assert.equal(isLeftOver(made, calls, new Date(last + ROOM_GRACE_MS + later)), true);
    }),
  );
});
