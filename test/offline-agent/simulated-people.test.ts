import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AGENT_DEFAULTS, DEFAULT_AGENT } from '#core/ai-agents/ai-agent.ts';
import { timeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ModelPart, ToolArgs } from '#engine/contracts/language-model.ts';
import { OfflineLanguageModel } from '#providers/offline/dialogue/offline-language-model.ts';
import { spokenWords } from '#providers/offline/speech/text.ts';
import { whoAnswers } from '../../src/simulator/personas.ts';
import { RESTAURANT } from './agents/restaurant.ts';
import { SUPPORT } from './agents/support.ts';

// The simulated people and the offline agents, in words alone: each talk comes to its end.

const NOW = { at: new Date('2026-01-14T15:00:00Z'), timeZone: timeZone('UTC') };
const TOOLS = ['end_call', 'transfer_to_human', 'take_callback', 'do_not_call', 'book_slot'];
const MOST_TURNS = 16;

function ask(prompt: string, messages: readonly ModelMessage[]): Promise<readonly ModelPart[]> {
  return new Promise((resolve) => {
    const parts: ModelPart[] = [];
    new OfflineLanguageModel().generate(
      {
        prompt,
        model: 'any',
        messages,
        now: NOW,
        tools: TOOLS.map((name) => ({ name, description: '', parameters: {} })),
        working: () => () => undefined,
      },
      (part) => {
        parts.push(part);
        if (part.type === 'done') resolve(parts);
      },
    );
  });
}

/** Until one of them hangs up; the tools that were used. */
async function call(number: string, prompt: string, first: string, name?: string) {
  const pickup = whoAnswers(number, name);
  assert.equal(pickup.outcome, 'answered');
  if (pickup.outcome !== 'answered') throw new Error('no person answers at this number');
  const { persona } = pickup;
  const messages: ModelMessage[] = [
    { role: 'caller', text: persona.hello! },
    { role: 'agent', text: first },
  ];
  const used: { name: string; args: ToolArgs }[] = [];
  let heard = first;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const reaction = persona.react?.(spokenWords(heard).join(' '), turn);
    if (!reaction) return { messages, used, ended: false };
    messages.push({ role: 'caller', text: reaction.say });
    if (reaction.hangUp) return { messages, used, ended: true };
    heard = '';
    for (let round = 0; round < 3; round++) {
      const parts = await ask(prompt, messages);
      const said = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
      if (said !== '') messages.push({ role: 'agent', text: said });
      heard = `${heard} ${said}`;
      const tool = parts.find((part) => part.type === 'tool-call');
      if (tool?.type !== 'tool-call') break;
      used.push(tool);
      if (tool.name === 'end_call') return { messages, used, ended: true };
      messages.push(
        { role: 'tool-call', key: 'k', name: tool.name, args: tool.args },
        { role: 'tool-result', key: 'k', name: tool.name, output: 'Booked for Tuesday at 3.', status: 'ok' },
      );
    }
  }
  return { messages, used, ended: false };
}

const AGENTS: readonly (readonly [string, string, string])[] = [
  ['the default agent', DEFAULT_AGENT.systemPrompt, DEFAULT_AGENT.firstMessage!],
  ['an agent as it comes', AGENT_DEFAULTS.systemPrompt, AGENT_DEFAULTS.firstMessage!],
  ['a restaurant', RESTAURANT.prompt, 'Trattoria Verde, how can I help you?'],
  ['a support agent', SUPPORT.prompt, 'Pagewise support, what can I do for you?'],
];

for (const [who, prompt, first] of AGENTS) {
  it(`an interested person books with ${who}, under the name that the call has, and says goodbye`, async () => {
    const { messages, used, ended } = await call('+15550001111', prompt, first, 'Jane Roe');
    const talk = messages.map((one) => ('text' in one ? `${one.role}: ${one.text}` : one.role)).join('\n');
    const booked = used.find((one) => one.name === 'book_slot');
    assert.ok(booked, talk);
    assert.deepEqual([booked.args['when'], booked.args['name']], ['2026-01-20T15:00', 'Jane Roe'], talk);
    assert.ok(ended, talk);
  });

  it(`a person who is not interested ends the call with ${who}`, async () => {
    const { messages, used, ended } = await call('+15005550007', prompt, first);
    assert.ok(ended && !used.some((one) => one.name === 'book_slot'), JSON.stringify(messages));
  });

  it(`a person who wants a human is transferred by ${who}`, async () => {
    const { used } = await call('+15005550008', prompt, first);
    assert.ok(used.some((one) => one.name === 'transfer_to_human'));
  });
}
