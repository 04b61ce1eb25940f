import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, RecordsUnavailable } from '../kernel/errors.ts';
import { storeFile } from './store-file.ts';

describe('a file that is stored with its record', () => {
  function storing(failures: { readonly keep?: Error; readonly record?: Error; readonly delete?: Error }) {
    const done: string[] = [];
    const act = async (name: 'keep' | 'record' | 'delete') => {
      done.push(name);
      if (failures[name]) throw failures[name];
    };
    const files = { delete: () => act('delete') };
    return { done, result: storeFile(files, { keep: () => act('keep') }, 'key', () => act('record')) };
  }
  const conflict = new AppError('conflict', 'It exists');
  const away = new AppError('unavailable', 'The file could not be written');

  it('is there before the record, so that no transaction waits for it', async () => {
    const { done, result } = storing({});
    await result;
    assert.deepEqual(done, ['keep', 'record']);
  });

  it('is deleted if the record is refused, and the refusal is what the client gets', async () => {
    const { done, result } = storing({ record: conflict, delete: away });
    await assert.rejects(result, conflict);
    assert.deepEqual(done, ['keep', 'record', 'delete']);
  });

  it('stays if the record may have been written', async () => {
    const lost = new RecordsUnavailable(new Error('the connection was lost'), new Date());
    const { done, result } = storing({ record: lost });
    await assert.rejects(result, lost);
    assert.deepEqual(done, ['keep', 'record']);
  });

  it('has no record if it cannot be stored', async () => {
    const { done, result } = storing({ keep: away });
    await assert.rejects(result, away);
    assert.deepEqual(done, ['keep']);
  });
});
