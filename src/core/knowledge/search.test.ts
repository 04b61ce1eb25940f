import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuse } from './search.ts';

const ref = (seq: number) => ({ documentId: 1, seq });

it('what two rankings agree on comes first, then what either has on top', () => {
  assert.deepEqual(
    fuse([
      [ref(1), ref(2), ref(3)],
      [ref(3), ref(4)],
    ]).map((one) => one.seq),
    [3, 1, 2, 4],
  );
  assert.deepEqual(fuse([[], [ref(7)]]), [ref(7)]);
});
