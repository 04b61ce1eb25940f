import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tokensOf } from './terms.ts';

it('a code that is said in words is one token, with the letter that ends it', () => {
  const tokens: Record<string, string[]> = {
    'which port does pw twelve a use': ['which', 'port', 'does', 'pw12a', 'use'],
    'which port does PW-12a use?': ['which', 'port', 'does', 'pw12a', 'use'],
    'is PW-12 a secure port': ['is', 'pw12', 'a', 'secure', 'port'],
    'p w eleven b': ['pw11b'],
    'd one twenty b seven': ['d120', 'b7'],
    'room twelve a day': ['room', '12', 'a', 'day'],
    'e five hundred thirty i think': ['e530', 'i', 'think'],
  };
  for (const [text, expected] of Object.entries(tokens)) assert.deepEqual(tokensOf(text), expected, text);
});
