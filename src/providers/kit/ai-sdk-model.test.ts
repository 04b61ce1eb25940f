import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ModelMessage } from '#engine/contracts/language-model.ts';
import { AiSdkModel } from './ai-sdk-model.ts';

/** What a vendor is asked with these messages. */
async function askedWith(messages: readonly ModelMessage[]): Promise<LanguageModelV4CallOptions> {
  return new Promise((resolve) => {
    const doStream = (options: LanguageModelV4CallOptions) => {
      resolve(options);
      return Promise.reject(new Error('enough'));
    };
    const model = { doStream } as unknown as LanguageModelV4;
    new AiSdkModel('test', () => ({ model })).generate(
      { prompt: 'p', model: 'm', messages, tools: [], working: () => () => undefined },
      () => undefined,
    );
  });
}

const call = (key: string, number: string): ModelMessage => ({
  role: 'tool-call',
  key,
  name: 'find',
  args: { number },
});
const result = (key: string, output: string): ModelMessage => ({
  role: 'tool-result',
  key,
  name: 'find',
  output,
  status: 'ok',
});

it('each result stands beside its own call, under an id that every vendor takes, also where keys repeat', async () => {
  const first = [
    { role: 'caller', text: 'both orders' } as const,
    call('1.0', 'A'),
    call('1.1', 'B'),
    result('1.1', 'of B'),
    result('1.0', 'of A'),
  ];
  const asked = await askedWith([...first, { role: 'caller', text: 'and C' }, call('1.0', 'C'), result('1.0', 'of C')]);
  const pairs = asked.prompt.flatMap((message, at) => {
    const [part] = message.role === 'assistant' ? message.content : [];
    if (part?.type !== 'tool-call') return [];
    const next = asked.prompt[at + 1]!;
    const told = next.role === 'tool' ? next.content[0]! : null;
    assert.ok(told?.type === 'tool-result' && told.toolCallId === part.toolCallId && told.output.type === 'text');
    assert.match(part.toolCallId, /^[a-zA-Z0-9]{9}$/);
    return [[part.toolCallId, (part.input as { number: string }).number, told.output.value]];
  });
  assert.deepEqual(
    pairs.map(([, ...rest]) => rest),
    [
      ['B', 'of B'],
      ['A', 'of A'],
      ['C', 'of C'],
    ],
  );
  assert.equal(new Set(pairs.map(([id]) => id)).size, 3);
  const before = await askedWith(first);
  assert.deepEqual(asked.prompt.slice(0, before.prompt.length), before.prompt, 'earlier messages are unchanged');
});

it('words of a human colleague are marked as such', async () => {
  const { prompt } = await askedWith([
    { role: 'caller', text: 'a person please' },
    { role: 'overheard', by: 'colleague', text: 'I have waived the fee.' },
    { role: 'overheard', by: 'caller', text: 'Thank you.' },
  ]);
  assert.deepEqual(
    prompt.slice(1).map(({ role, content }) => [role, (content[0] as { readonly text: string }).text]),
    [
      ['user', 'a person please'],
      ['user', '[Your human colleague said to the caller: "I have waived the fee."]'],
      ['user', '[The caller said to your human colleague: "Thank you."]'],
    ],
  );
});

it('instructions of a supervisor stand at the end of the prompt, in their order, and are no messages', async () => {
  const { prompt } = await askedWith([
    { role: 'caller', text: 'that is too expensive' },
    { role: 'instruction', text: 'Offer ten per cent.' },
    { role: 'agent', text: 'I see.' },
    { role: 'caller', text: 'well?' },
    { role: 'instruction', text: 'Twenty is the most.' },
  ]);
  const [system, ...messages] = prompt;
  assert.ok(typeof system!.content === 'string');
  assert.match(system!.content, /unheard by the caller.*:\n- Offer ten per cent\.\n- Twenty is the most\.$/s);
  assert.doesNotMatch(JSON.stringify(messages), /per cent|Twenty/);
  assert.equal(messages.length, 3);
});
