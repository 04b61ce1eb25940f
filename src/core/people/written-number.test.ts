import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writtenNumber } from './written-number.ts';

const CASES: readonly (readonly [text: string, country: string | null, number: string | null])[] = [
  ['+14155550100', null, '+14155550100'],
  ['+1 (415) 555-0100', null, '+14155550100'],
  ['(415) 555-0100', 'US', '+14155550100'],
  ['415.555.0100', 'USA', '+14155550100'],
  ['1-415-555-0100', 'CA', '+14155550100'],
  ['415 555 0100 x12', 'US', '+14155550100'],
  ['+1 415 555 0100 ext. 12', null, '+14155550100'],
  ['tel:+1-415-555-0100;ext=12', null, '+14155550100'],
  ['011 44 20 7946 0000', 'US', '+442079460000'],
  ['0044 20 7946 0000', 'DE', '+442079460000'],
  ['020 7946 0000', 'GB', '+442079460000'],
  ['030/123456', 'Germany', '+4930123456'],
  ['+49 (0)30 123456', null, '+4930123456'],
  ['0049 (0) 30 123456', null, '+4930123456'],
  ['06 12 34 56 78', 'FR', '+33612345678'],
  ['02 1234 5678', 'IT', '+390212345678'],
  ['155-5010', 'US', null],
  ['115 555 0100', 'US', null],
  ['415 555 0100', null, null],
  ['020 7946 0000', 'Atlantis', null],
  ['', 'US', null],
  ['call me', 'US', null],
  ['+1+415 555 0100', null, null],
  ['+12', null, null],
  ['4.91511E+11', 'DE', null],
];

describe('numbers as people write them', () => {
  for (const [text, country, number] of CASES)
    it(`${JSON.stringify(text)} in ${country ?? 'an unknown country'}`, () =>
      assert.equal(writtenNumber(text, country), number));
});
