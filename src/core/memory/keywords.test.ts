import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keywordsOf } from './keywords.ts';

describe('keywords', () => {
  it('stand in the text, in the order in which the person says them', () => {
    const text = 'I would like to know your pricing and features, can I book a demo?';
    assert.deepEqual(keywordsOf([{ role: 'caller', text }], ['scheduling', 'pricing', 'product']), [
      'pricing',
      'features',
      'demo',
    ]);
  });

  it("are the agent's where the person only agrees", () => {
    const lines = [
      { role: 'agent', text: 'Shall we set up a meeting about the solar roof?' },
      { role: 'caller', text: 'Yes, tuesday at three.' },
    ] as const;
    assert.deepEqual(keywordsOf(lines, ['solar_roof', 'unicorns', '']), ['meeting', 'solar roof']);
  });

  it('are none without words', () => assert.deepEqual(keywordsOf([], ['pricing']), []));
});
