import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asDrafted, differences, settingsOf, withoutEqual } from './agent-version.ts';
import { AGENT_DEFAULTS, type AgentSettings, type AiAgent } from './ai-agent.ts';

const AGENT: AiAgent = {
  ...AGENT_DEFAULTS,
  id: 7,
  organizationId: 1,
  name: 'Ada',
  voiceProvider: 'offline',
  voiceId: 'flite',
  modelProvider: 'offline',
  modelName: 'rules',
  isDefault: false,
  version: 3,
  lastError: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

const change = fc.record(
  {
    name: fc.string(),
    systemPrompt: fc.string(),
    firstMessage: fc.option(fc.string()),
    silenceThresholdMs: fc.nat(2000),
    chain: fc.array(fc.nat(9)),
    builtInTools: fc.subarray([...AGENT_DEFAULTS.builtInTools]),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<AgentSettings>>;

describe('drafts of agents', () => {
  it('a draft keeps only what differs, and what it shows is what is published', () => {
    fc.assert(
      fc.property(change, change, (first, second) => {
        const published = settingsOf(AGENT);
        const draft = withoutEqual(published, { ...withoutEqual(published, first), ...second });
        const drafted = settingsOf(asDrafted(AGENT, { changes: draft }));
        assert.deepEqual(drafted, { ...published, ...first, ...second });
        assert.deepEqual(
          differences(published, drafted)
            .map(({ field }) => field)
            .toSorted(),
          Object.keys(draft).toSorted(),
        );
        // To publish exactly the shown differences gives exactly the draft.
        const shown = Object.fromEntries(differences(published, drafted).map(({ field, to }) => [field, to]));
        assert.deepEqual({ ...published, ...shown }, drafted);
      }),
    );
  });

  it('a change back to the published value is no change', () => {
    assert.deepEqual(withoutEqual(settingsOf(AGENT), { name: 'Ada', chain: [] }), {});
    assert.deepEqual(withoutEqual(settingsOf(AGENT), { name: 'Bob', chain: [] }), { name: 'Bob' });
  });
});
