import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorRoom } from './imports.ts';

const rowsOf = (count: number, cell: string) =>
  Array.from({ length: count }, (_, at) => ({ row: at + 1, error: 'none', cells: [cell] }));

describe('rejected rows of an import that are stored', () => {
  it('are the first 100,000, those before a crash included', () => {
    const room = new ErrorRoom(99_990);
    assert.equal(room.take(rowsOf(6, 'x')).length, 6);
    assert.deepEqual(
      room.take(rowsOf(6, 'x')).map(({ row }) => row),
      [1, 2, 3, 4],
    );
    assert.equal(room.take(rowsOf(1, 'x')).length, 0);
  });

  it('fit into 32 MB', () => {
    const room = new ErrorRoom(0);
    assert.equal(room.take(rowsOf(20, 'x'.repeat(1_000_000))).length, 20);
    assert.equal(room.take(rowsOf(20, 'x'.repeat(1_000_000))).length, 13);
    assert.equal(room.take(rowsOf(1, 'x')).length, 0);
  });
});
