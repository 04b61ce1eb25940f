import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AppError } from '#core/kernel/errors.ts';
import { docxOf, pdfOf } from '../../test/support/documents.ts';
import { countTokens, cutIntoChunks } from './chunks.ts';
import { extract } from './extract.ts';
import { WorkerReader } from './worker-reader.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('what a document says', () => {
  it('as PDF whose font has ligatures outside of its encoding', async () => {
    const letters = { '01': 'FB03', '02': '00660069', '80': 'FB02', A5: 'FB00' };
    const lines = ['The o\x01ce is open; bene\x02ts are paid.', 'Take the \x80ight o\xa5er.'];
    const text = (await extract(pdfOf([lines], letters), 'pdf')).map((one) => one.text).join('\n');
    assert.match(text, /office is open; benefits are paid/);
    assert.match(text, /Take the flight offer/);
  });

  it('as PDF, by page', async () => {
    const blocks = await extract(
      pdfOf([['The plan costs twenty dollars a', 'month. It is cancel-', 'lable.'], ['Second page.']]),
      'pdf',
    );
    assert.deepEqual(
      blocks.map((one) => one.heading),
      ['page 1', 'page 2'],
    );
    assert.match(
      blocks[0]!.text.replaceAll(/\s+/g, ' '),
      /The plan costs twenty dollars a month\. It is cancellable\./,
    );
  });

  it('as a Word document, with its headings', async () => {
    const blocks = await extract(
      docxOf(['# Prices', 'The plan costs ten < twenty.', '# Support', 'We answer within a day.']),
      'docx',
    );
    assert.deepEqual(blocks, [
      { heading: 'Prices', text: 'The plan costs ten < twenty.' },
      { heading: 'Support', text: 'We answer within a day.' },
    ]);
  });

  it('as a page, without what is no text', async () => {
    const html =
      '<html><head><title>t</title><style>p{}</style></head><body><nav><p>Home</p></nav><script>alert(1)</script><h1>Help</h1><p>Call us&nbsp;at noon.</p><h2>Hours</h2><ul><li>Nine to five<ul><li>Sundays closed</li></ul></li></ul><table><tr><td>A</td><td>B</td></tr></table><footer><p>(c)</p></footer></body></html>';
    assert.deepEqual(await extract(bytes(html), 'html'), [
      { heading: 'Help', text: 'Call us at noon.' },
      { heading: 'Help > Hours', text: 'Nine to five' },
      { heading: 'Help > Hours', text: 'Sundays closed' },
      { heading: 'Help > Hours', text: 'A B' },
    ]);
    assert.deepEqual(await extract(bytes('just text'), 'html'), [{ heading: null, text: 'just text' }]);
  });

  it('as Markdown, text and rows', async () => {
    assert.deepEqual(
      await extract(bytes('# One\n\nSome **bold** [text](http://x).\n\n## Two\n- a\n- b\n\n# Three\nlast'), 'md'),
      [
        { heading: 'One', text: 'Some bold text.' },
        { heading: 'One > Two', text: 'a' },
        { heading: 'One > Two', text: 'b' },
        { heading: 'Three', text: 'last' },
      ],
    );
    assert.deepEqual(await extract(bytes('one\n\ntwo\0'), 'txt'), [
      { heading: null, text: 'one' },
      { heading: null, text: 'two' },
    ]);
    const rows = await extract(bytes('\uFEFFplan,price\n"Pro, big",20\nFree,\n'), 'csv');
    assert.deepEqual(
      rows.map(({ text }) => text),
      ['plan: Pro, big; price: 20.', 'plan: Free.'],
    );
  });

  it('is not read where a small file unpacks to a very large one', async () => {
    const bomb = docxOf(['a'.repeat(250 * 2 ** 20)], true);
    assert.ok(bomb.length < 2 ** 20);
    await assert.rejects(
      new WorkerReader(150).read(1, bomb, 'docx', 384, null),
      (error: AppError) => error.code === 'invalid-input' && /too much|memory/i.test(error.issues[0]!.message),
    );
    assert.equal((await new WorkerReader().read(1, docxOf(['Small.'], true), 'docx', 384, null)).chunks.length, 1);
  });

  it('is refused where its tags are nested too deeply, and read where they are only many', async () => {
    for (const tag of ['div', 'blockquote', 'b', 'made-up', 'ul><li'])
      await assert.rejects(extract(bytes(`<${tag}>`.repeat(50_000)), 'html'), /nested more than 1000 deep/, tag);
    const many = `<script>for(i=0;i<n;i++)a<b</script>${'<div><p>text<li>more</div>'.repeat(5000)}`;
    assert.equal((await extract(bytes(many), 'html')).length, 10_000);
  });

  it('of one organization that takes long holds up no other', async () => {
    const reader = new WorkerReader(384, 6000);
    const endless = bytes('>'.repeat(400_000));
    const slow = Array.from({ length: 2 }, () =>
      reader.read(1, endless, 'md', 384, null).catch((error: unknown) => error),
    );
    let over = 0;
    for (const one of slow) void one.then(() => over++);
    assert.equal((await reader.read(2, bytes('A short text.'), 'txt', 384, null)).chunks.length, 1);
    assert.ok(over < slow.length, 'the short text waited for all of them');
    for (const one of await Promise.all(slow)) assert.ok(one instanceof Error, String(one));
  });

  it('is nothing where it is something else', async () => {
    await assert.rejects(extract(bytes('no pdf'), 'pdf'));
    await assert.rejects(extract(bytes('no docx'), 'docx'));
  });
});

describe('chunks', () => {
  it('hold whole sentences up to their size, overlap, and never mix headings', () => {
    const sentence = (n: number) => `This is sentence ${n}.`;
    const text = Array.from({ length: 40 }, (_, n) => sentence(n)).join(' ');
    const chunks = cutIntoChunks(
      [
        { heading: 'A', text },
        { heading: 'B', text: 'Short.' },
      ],
      40,
    );
    assert.equal(chunks.at(-1)!.heading, 'B');
    assert.equal(chunks.at(-1)!.text, 'Short.');
    for (const chunk of chunks) assert.ok(countTokens(chunk.text) <= 40, chunk.text);
    for (let n = 0; n < 40; n++) assert.ok(chunks.some((chunk) => chunk.text.includes(sentence(n))));
    assert.equal(chunks[1]!.text.split('. ')[0], chunks[0]!.text.split('. ').at(-1)!.replace(/\.$/, ''));
  });

  it('lose no word and outgrow no size, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            heading: fc.option(fc.string({ maxLength: 5 })),
            text: fc.string({
              maxLength: 400,
              unit: fc.constantFrom('a', 'b', 'word', ' ', '.', '! ', '\n', '\n\n', '3.5', 'é'),
            }),
          }),
          { maxLength: 6 },
        ),
        fc.integer({ min: 16, max: 80 }),
        (blocks, size) => {
          const chunks = cutIntoChunks(blocks, size);
          const words = (text: string) => text.split(/\s+/).filter(Boolean);
          const all = new Set(chunks.flatMap((chunk) => words(chunk.text)));
          for (const block of blocks)
            for (const word of words(block.text))
              if (word.length <= 90 && /[\p{L}\p{N}]/u.test(word))
                assert.ok(all.has(word) || [...all].some((one) => one.includes(word) || word.includes(one)), word);
          for (const chunk of chunks) {
            assert.ok(countTokens(chunk.text) <= size || !chunk.text.includes(' '), chunk.text);
            assert.notEqual(chunk.text.trim(), '');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
