import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SPOKEN_CORPUS } from '../../../../test/support/spoken-corpus.ts';
import { sentencesOf } from './sentences.ts';
import { SpokenText, spokenClauses } from './spoken.ts';
import { withoutThoughts } from './thoughts.ts';

function streamed(pieces: readonly string[]): string[] {
  const spoken = new SpokenText();
  return [...pieces.flatMap((piece) => spoken.push(piece)), ...spoken.end()];
}

describe('text that is spoken', () => {
  for (const { what, text, clauses } of SPOKEN_CORPUS) {
    it(`${what}: whole and cut at every position`, () => {
      assert.deepEqual(spokenClauses(text), clauses);
      for (let at = 1; at < text.length; at++)
        assert.deepEqual(streamed([text.slice(0, at), text.slice(at)]), clauses, `cut at ${at}`);
      for (const size of [1, 2, 3, 5])
        assert.deepEqual(
          streamed(text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []),
          clauses,
          `in pieces of ${size}`,
        );
    });
  }

  it('is cut alike in whatever pieces it comes', () => {
    const fragment = fc.oneof(
      fc.constantFrom(...SPOKEN_CORPUS.map(({ text }) => text)),
      fc.constantFrom(
        ' ',
        '\n',
        '. ',
        ', ',
        '*',
        '**',
        '[',
        '](',
        ')',
        '`',
        '```\n',
        '<',
        '>',
        '<think>',
        '</think>',
        '|',
        '&',
        '_',
        '~',
        'http',
        '1',
        '…',
        '。',
        '\\',
        '#',
        '- ',
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (parts, places) => {
        const text = parts.join('');
        const cuts = [...new Set([0, ...places.map((place) => place % (text.length + 1)), text.length])].toSorted(
          (a, b) => a - b,
        );
        assert.deepEqual(streamed(cuts.slice(1).map((cut, i) => text.slice(cuts[i], cut))), spokenClauses(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('comes out as soon as it is whole', () => {
    const spoken = new SpokenText();
    assert.deepEqual(spoken.push('Sure. That co'), ['Sure.']);
    assert.deepEqual(spoken.push('sts $3.50 a month. '), ['That costs $3.50 a month.']);
    assert.deepEqual(spoken.end(), []);
  });

  it('has a likely first clause as soon as its last sign is there', () => {
    const likely = (...parts: string[]) => {
      const spoken = new SpokenText();
      for (const part of parts) spoken.push(part);
      return spoken.likelyFirst;
    };
    assert.equal(likely('That costs ten dollars.'), 'That costs ten dollars.');
    assert.equal(likely('Really', '?'), 'Really?');
    assert.equal(likely('我们的办公室每天早上九点开门。'), '我们的办公室每天早上九点开门。');
    const clause = 'That costs ten dollars a month all in,';
    assert.equal(likely(`${clause} I think,`), `${clause} I think,`);
    for (const text of ['Sure', 'Ask Dr.', 'That is 3.', 'Mr. J.', 'Sure. Of course.', 'Well,', '...'])
      assert.equal(likely(text), null, text);
  });

  it('loses no word, however long the text, in scripts with spaces and without', () => {
    const words = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');
    assert.equal(spokenClauses(words).join(' '), words);
    const thai = 'สวัสดีครับยินดีต้อนรับสู่ร้านของเรา'.repeat(40);
    const clauses = spokenClauses(thai);
    assert.equal(clauses.join(''), thai);
    assert.ok(clauses.every((clause) => clause.length <= 221) && clauses.length > 5);
    const han = '我们的办公室每天早上九点开门晚上六点关门欢迎光临'.repeat(20);
    assert.equal(spokenClauses(han).join(''), han);
    assert.ok(spokenClauses(han).every((clause) => clause.length <= 74));
    assert.equal(spokenClauses('𠀀'.repeat(500)).join(''), '𠀀'.repeat(500));
  });

  it('takes time that grows with its length alone', () => {
    for (const unit of [
      '.',
      '[',
      '(',
      '<',
      '*',
      '`',
      '![',
      '[a](',
      ' ',
      '\n',
      '|',
      '&',
      '<think',
      '1. ',
      'e.g. ',
      '_',
      '~',
      'http://',
      'a,',
      '【',
      '> ',
      '- ',
    ]) {
      const began = process.cpuUsage();
      spokenClauses(unit.repeat(Math.ceil(40_000 / unit.length)));
      const tookMs = process.cpuUsage(began).user / 1000;
      assert.ok(tookMs < 1500, `${JSON.stringify(unit)}: ${tookMs} ms`);
    }
  });
});

it('sentences of a document are not cut at commas, and a line end is a space', () => {
  assert.deepEqual(sentencesOf('Dr. Miller is in\nroom 3.\nCall 9.5 times, e.g. now! Ja?'), [
    'Dr. Miller is in room 3.',
    'Call 9.5 times, e.g. now!',
    'Ja?',
  ]);
});

it('written answers keep their markup and lose their thoughts', () => {
  assert.equal(
    withoutThoughts('<think>no</think>**Yes**, see [us](https://x.org).'),
    '**Yes**, see [us](https://x.org).',
  );
});
