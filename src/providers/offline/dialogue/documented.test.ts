import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { timeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ModelPart, ToolArgs } from '#engine/contracts/language-model.ts';
import { OfflineLanguageModel } from './offline-language-model.ts';

// The examples of docs/offline-agent.md go as they are written there.

const DOC = new URL('../../../../docs/offline-agent.md', import.meta.url);
const TOOLS = [
  ['end_call'],
  ['transfer_to_human'],
  ['do_not_call'],
  ['take_callback', 'when'],
  ['book_slot', 'when'],
] as const;
const NOW = { at: new Date('2026-01-14T15:00:00Z'), timeZone: timeZone('America/New_York') };

function ask(prompt: string, messages: readonly ModelMessage[]): Promise<readonly ModelPart[]> {
  return new Promise((resolve) => {
    const parts: ModelPart[] = [];
    new OfflineLanguageModel().generate(
      {
        prompt,
        model: 'any',
        messages,
        now: NOW,
        tools: TOOLS.map(([name, param]) => ({
          name,
          description: '',
          parameters: param === undefined ? {} : { [param]: { description: '', required: true } },
        })),
        working: () => () => undefined,
      },
      (part) => {
        parts.push(part);
        if (part.type === 'done') resolve(parts);
      },
    );
  });
}

/** What a tool of ours answers when all goes well. */
function outputOf(name: string, args: ToolArgs): string {
  if (name !== 'book_slot') return 'The callback is noted.';
  const at = new Date(`${String(args['when'])}Z`);
  return `Booked for ${at.toLocaleString('en-US', { timeZone: 'UTC', weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' })}.`;
}

async function talk(prompt: string, callers: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const messages: ModelMessage[] = [];
  for (const text of callers) {
    lines.push(`caller: ${text}`);
    messages.push({ role: 'caller', text });
    for (let rounds = 0; rounds < 3; rounds++) {
      const parts = await ask(prompt, messages);
      const said = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
      if (said !== '') {
        lines.push(`agent: ${said}`);
        messages.push({ role: 'agent', text: said });
      }
      const call = parts.find((part) => part.type === 'tool-call');
      if (call?.type !== 'tool-call' || call.name === 'end_call') break;
      lines.push(`tool: ${call.name} ${JSON.stringify(call.args)}`);
      messages.push(
        { role: 'tool-call', key: 'k', name: call.name, args: call.args },
        { role: 'tool-result', key: 'k', name: call.name, output: outputOf(call.name, call.args), status: 'ok' },
      );
    }
  }
  return lines;
}

const doc = readFileSync(DOC, 'utf8');
const examples = [...doc.matchAll(/```prompt\n([^`]+)```\s+```talk\n([^`]+)```/g)];

it('are three', () => assert.equal(examples.length, 3));

for (const [, prompt, written] of examples) {
  const lines = written!.trim().split('\n');
  it(`goes as documented: ${prompt!.split('\n')[0]}`, async () => {
    const callers = lines.filter((line) => line.startsWith('caller: ')).map((line) => line.slice('caller: '.length));
    assert.deepEqual(await talk(prompt!, callers), lines);
  });
}
