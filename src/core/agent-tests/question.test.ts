import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CallEntry } from '../conversations/entry.ts';
import { questionAt } from './question.ts';

const call = ['agent', 'caller', 'tool-call', 'tool-result', 'agent', 'agent', 'caller', 'caller', 'agent'] as const;
const entries = call.map((role, seq): CallEntry => ({
  id: seq,
  seq,
  role,
  text: `${role} ${seq}`,
  startMs: seq * 1000,
  endMs: seq * 1000 + 900,
  at: new Date(0),
  detail: {},
  metadata: null,
  agentId: 1,
}));
const at = (seq: number) => {
  const { before, question, recorded } = questionAt(entries, seq);
  return [before.length, question?.seq ?? null, recorded?.seq ?? null];
};

it('asks with the last words of the caller before an entry, and is answered by the next of the agent', () => {
  assert.deepEqual(at(4), [2, 1, 4]);
  assert.deepEqual(at(5), [2, 1, 4], 'the second sentence belongs to the same answer');
  assert.deepEqual(at(1), [2, 1, 4], 'the question itself');
  assert.deepEqual(at(6), [7, 6, null], 'the caller went on: nothing was answered');
  assert.deepEqual(at(8), [8, 7, 8]);
});

it('an entry that answers no caller, or is not there, has no question', () => {
  assert.deepEqual(at(0), [0, null, null]);
  assert.deepEqual(at(99), [0, null, null]);
});
