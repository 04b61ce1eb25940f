import assert from 'node:assert/strict';
import type { LanguageModel, ModelMessage, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';

const LOOK = {
  name: 'look',
  description: 'Looks for something',
  parameters: { what: { description: 'What', required: true }, times: { description: 'How often', required: false } },
};

export async function generate(
  model: LanguageModel,
  messages: readonly ModelMessage[],
  more: Partial<ModelRequest> = {},
): Promise<{ parts: ModelPart[]; text: string; open: number }> {
  const parts: ModelPart[] = [];
  let open = 0;
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('no end came')), 10_000);
    model.generate(
      {
        prompt: 'You help.',
        model: 'any',
        messages,
        tools: [LOOK],
        working: () => (open++, () => void open--),
        ...more,
      },
      (part) => {
        parts.push(part);
        if (part.type !== 'done' && part.type !== 'error') return;
        clearTimeout(limit);
        setTimeout(resolve, 30);
      },
    );
  });
  return { parts, text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''), open };
}

const caller = (text: string): ModelMessage => ({ role: 'caller', text });

/** What every model must do that repeats what it hears, and looks when it is asked to. */
export const languageModelChecks: Readonly<Record<string, (model: LanguageModel) => Promise<void>>> = {
  'answers what was said last, in pieces, and ends once': async (model) => {
    const { parts, text } = await generate(model, [
      { role: 'agent', text: 'Hello.' },
      caller('first'),
      { role: 'agent', text: 'Yes.', interrupted: true },
      caller('how are you'),
    ]);
    assert.equal(text, 'You said: how are you');
    assert.ok(parts.filter((part) => part.type === 'text').length > 1);
    assert.deepEqual(parts.filter((part) => part.type === 'done' || part.type === 'error').length, 1);
    assert.equal(parts.at(-1)!.type, 'done');
  },
  'calls a tool with arguments of their own kinds': async (model) => {
    const { parts } = await generate(model, [caller('please look for shoes')]);
    const calls = parts.filter((part) => part.type === 'tool-call');
    assert.deepEqual(calls, [{ type: 'tool-call', name: 'look', args: { what: 'shoes', times: 2 } }]);
  },
  'gets the results of tools, and not of one that still runs': async (model) => {
    const call = { role: 'tool-call', key: 'k1', name: 'look', args: { what: 'shoes' } } as const;
    const { text } = await generate(model, [
      caller('please look for shoes'),
      call,
      { role: 'tool-result', key: 'k1', name: 'look', output: 'two pairs', status: 'ok' },
    ]);
    assert.equal(text, 'The tool said: two pairs');
    assert.equal(
      (await generate(model, [caller('wait'), call, caller('still there')])).text.endsWith('still there'),
      true,
    );
  },
  'counts its tokens': async (model) => {
    const { parts } = await generate(model, [caller('hello')]);
    const done = parts.at(-1)!;
    assert.deepEqual(done.type === 'done' ? done.usage : null, { inputTokens: 11, outputTokens: 5 });
  },
  'says nothing after an abort': async (model) => {
    const parts: ModelPart[] = [];
    const run = model.generate(
      { prompt: 'p', model: 'm', messages: [caller('hello')], tools: [], working: () => () => undefined },
      (part) => parts.push(part),
    );
    run.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(parts, []);
  },
  'announces its work and ends the announcement': async (model) => {
    assert.equal((await generate(model, [caller('hello')])).open, 0);
  },
};
