import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columnsOf } from './lead-columns.ts';

const SEED = { phone: 'phone_number', name: 'full_name' };

describe('the mapping of a list', () => {
  it('is read pair by pair in the direction in which the file has a column', () => {
    for (const header of [
      ['phone', 'name'],
      ['phone_number', 'full_name'],
      ['phone_number', 'name'],
      ['phone', 'full_name'],
    ])
      assert.deepEqual(
        columnsOf(header, [], SEED),
        { columns: [{ field: 'phone_number' }, { field: 'name' }] },
        header.join(),
      );
  });

  it('may name a known field that the file lacks, and no column that it lacks', () => {
    assert.deepEqual(columnsOf(['phone'], [], SEED), { columns: [{ field: 'phone_number' }] });
    for (const wrong of [{ compnay: 'company' }, { dnc: 'do_not_call' }, { optin: 'consent' }])
      assert.ok('problem' in columnsOf(['phone', 'Do Not Contact'], [], { ...SEED, ...wrong }));
  });
});
