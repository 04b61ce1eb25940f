import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildBigram, END, START } from './bigram.ts';
import { likelyQuestions, unwrittenWords } from './likely-questions.ts';

const phrases = (text: string) => likelyQuestions(text).map((words) => words.join(' '));

describe('what callers are likely to say of a text', () => {
  it('codes, in the ways in which they are spoken, after the words before them', () => {
    const said = phrases('code: D-120; fee: $85. code: PW-12; fee: $90.');
    for (const one of ['d one hundred twenty', 'd one twenty', 'd one two zero', 'd one two oh', 'pw twelve'])
      assert.ok(said.includes(one), one);
    for (const one of ['for d one', 'fee d one', 'is pw twelve']) assert.ok(said.includes(one), one);
  });

  it('the columns and rows of tables', () => {
    const said = phrases('treatment: Root canal; price: $900.\ntreatment: Crown; price: $1100.');
    for (const one of ['what is the price', 'which treatment', 'a root canal', 'does crown cost'])
      assert.ok(said.includes(one), one);
  });

  it('the things that it names', () => {
    const said = phrases('Your parcel is insured. A box costs two dollars.');
    for (const one of ['my parcel', 'where is my parcel', 'the box', 'a box']) assert.ok(said.includes(one), one);
  });

  it('nothing of a text without codes, tables and things', () => assert.deepEqual(phrases('We open at nine.'), []));

  it('other words for the same things', () => {
    const words = unwrittenWords('Free parking is behind the building.');
    assert.ok(words.includes('car') && words.includes('garage'));
    assert.ok(!words.includes('parking') && !words.includes('voucher'));
  });
});

describe('a part of a sentence', () => {
  it('begins and ends no sentence in the model', () => {
    const { histories } = buildBigram([
      { words: ['for', 'd', 'one'], weight: 1, part: 'middle' },
      { words: ['yes'], weight: 1 },
    ]);
    const after = (word: string) => (histories.get(word)?.arcs ?? []).map(([next]) => next).toSorted();
    assert.deepEqual(after(START), ['yes']);
    assert.deepEqual(after('for'), ['d']);
    assert.deepEqual(after('one'), []);
    assert.deepEqual(after('yes'), [END]);
  });
});
