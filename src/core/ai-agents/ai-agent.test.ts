import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fillVariables, variablesIn } from './ai-agent.ts';

it('variables have the names of columns, with spaces and letters of any language', () => {
  const text = 'Hello {{ name }} of {{Company Name}} in {{Städte-Ä}}, {{missing one}}.';
  assert.equal(
    fillVariables(text, { name: 'Ann', 'Company Name': 'ACME', 'Städte-Ä': 'Köln' }),
    'Hello Ann of ACME in Köln,.',
  );
  assert.deepEqual(variablesIn(text), ['name', 'Company Name', 'Städte-Ä', 'missing one']);
  for (const code of ['a {{ b } c }} {{}}', 'Answer {{"intent": "x"}}.', '{{#if name}}', '{{> part}}', '{{a,\nb}}'])
    assert.equal(fillVariables(code, {}), code);
});
