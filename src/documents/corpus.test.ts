import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DOCUMENT_CORPUS } from '../../test/support/document-corpus.ts';
import { cutIntoChunks } from './chunks.ts';
import { extract } from './extract.ts';

describe('documents as people have them', () => {
  for (const { what, type, bytes, charset, chunkSize, says, saysNot, refused } of DOCUMENT_CORPUS) {
    it(`${type}: ${what}`, async () => {
      const read = extract(bytes, type, charset ?? null);
      if (refused) return assert.rejects(read, refused);
      const chunks = cutIntoChunks(await read, chunkSize ?? 384).map(({ heading, text }) =>
        heading === null ? text : `${heading}: ${text}`,
      );
      for (const one of says ?? [])
        assert.ok(
          chunks.some((chunk) => one.test(chunk)),
          `${one} in ${JSON.stringify(chunks)}`,
        );
      if (saysNot) assert.ok(!chunks.some((chunk) => saysNot.test(chunk)), JSON.stringify(chunks));
    });
  }
});
