import { timeZone } from '#core/kernel/locale.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AGENT_DEFAULTS, type AgentType, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { chained, type Link } from './chain.ts';

const agent = (type: AgentType, name: string): AiAgent => ({
  ...AGENT_DEFAULTS,
  id: name.length,
  organizationId: 1,
  type,
  name,
  systemPrompt: `prompt of ${name}`,
  modelName: `model of ${name}`,
  voiceProvider: '',
  voiceId: '',
  modelProvider: '',
  isDefault: false,
  version: 1,
  createdAt: new Date(0),
  lastError: null,
  updatedAt: new Date(0),
});

/** Answers with the given text after `ms`; never if that is null. */
class Scripted implements LanguageModel {
  readonly id: string;
  readonly asked: ModelRequest[] = [];
  aborted = 0;
  readonly #say: (request: ModelRequest) => readonly ModelPart[];
  readonly #afterMs: number | null;

  constructor(id: string, say: (request: ModelRequest) => readonly ModelPart[], afterMs: number | null = 0) {
    this.id = id;
    this.#say = say;
    this.#afterMs = afterMs;
  }

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    this.asked.push(request);
    const timer =
      this.#afterMs === null ? undefined : setTimeout(() => this.#say(request).forEach(onPart), this.#afterMs);
    return {
      abort: () => {
        this.aborted++;
        clearTimeout(timer);
      },
    };
  }
}

const words = (text: string): ModelPart[] => [{ type: 'text', text }, { type: 'done' }];
const last = (request: ModelRequest) =>
  request.messages.flatMap((one) => (one.role === 'caller' ? [one.text] : [])).at(-1)!;

function run(
  inner: LanguageModel,
  links: readonly Link[],
  options: { medium?: 'voice' | 'text'; notes?: string[] } = {},
) {
  const parts: ModelPart[] = [];
  const leftOut: string[] = [];
  let working = 0;
  const done = Promise.withResolvers<void>();
  const running = chained(inner, {
    links,
    notes: options.notes ?? [],
    medium: options.medium ?? 'voice',
    now: () => ({ at: new Date(0), timeZone: timeZone('UTC') }),
    leftOut: (helper, why) => leftOut.push(`${helper.name}: ${why}`),
  }).generate(
    {
      prompt: 'p',
      model: 'm',
      messages: [
        { role: 'agent', text: 'Hello.' },
        { role: 'caller', text: 'what does it cost' },
      ],
      tools: [],
      working: () => {
        working++;
        return () => working--;
      },
    },
    (part) => {
      parts.push(part);
      if (part.type === 'done' || part.type === 'error') done.resolve();
    },
  );
  return {
    parts,
    leftOut,
    running,
    done: done.promise,
    text: () => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    working: () => working,
  };
}

describe('a chain of agents', () => {
  it('reads with its helpers side by side, answers knowing what they said, and phrases sentence by sentence', async () => {
    const reads = new Scripted('reads', () => words('{"intent":"price"}'));
    const recalls = new Scripted('recalls', (request) => words(`she is ${request.notes!.join()}`));
    const phrases = new Scripted('phrases', (request) => words(`<${last(request)}>`));
    const talks = new Scripted('talks', () => [
      { type: 'text', text: 'It costs ten. It is ' },
      { type: 'text', text: 'good.' },
      { type: 'tool-call', name: 't', args: {} },
      { type: 'done' },
    ]);
    const given = run(
      talks,
      [
        { agent: agent('input', 'In'), models: [reads] },
        { agent: agent('memory', 'Mem'), models: [recalls] },
        { agent: agent('output', 'Out'), models: [phrases] },
      ],
      { notes: ['Name: Ann'] },
    );
    await given.done;
    assert.deepEqual(talks.asked[0]!.notes, ['In: {"intent":"price"}', 'Mem: she is Name: Ann']);
    assert.deepEqual(
      [reads.asked[0]!.prompt, reads.asked[0]!.model, reads.asked[0]!.job, last(reads.asked[0]!)],
      ['prompt of In', 'model of In', 'understand', 'what does it cost'],
    );
    assert.equal(given.text().trim(), '<It costs ten.> <It is good.>');
    assert.deepEqual(
      given.parts.map((part) => part.type),
      ['text', 'text', 'tool-call', 'done'],
      'in order',
    );
    assert.deepEqual([given.leftOut, given.working()], [[], 0]);
  });

  it('goes on without a helper that is late, fails or hangs: on the telephone within a moment', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const hangs = new Scripted('hangs', () => [], null);
    const fails = new Scripted('fails', () => [{ type: 'error', message: 'no' }]);
    const silent = new Scripted('silent', () => [{ type: 'done' }]);
    const talks = new Scripted('talks', () => words('It costs ten.'));
    const given = run(talks, [
      { agent: agent('input', 'Hangs'), models: [hangs] },
      { agent: agent('memory', 'Fails'), models: [fails, silent] },
      { agent: agent('output', 'Hangs too'), models: [hangs] },
    ]);
    for (let ms = 0; ms <= 1400 && given.parts.length === 0; ms += 100) {
      t.mock.timers.tick(100);
      for (let n = 0; n < 20; n++) await Promise.resolve();
    }
    await given.done;
    assert.equal(given.text().trim(), 'It costs ten.');
    assert.deepEqual(given.leftOut, [
      'Fails: every model failed',
      'Hangs: no answer within 600 ms',
      'Hangs too: no answer within 600 ms',
    ]);
    assert.equal(hangs.aborted, 2);
    assert.equal(given.working(), 0, 'the clock of a simulated call goes on');
  });

  it("asks the next model where one of a helper's fails", async () => {
    const fails = new Scripted('fails', () => [
      { type: 'text', text: 'half' },
      { type: 'error', message: 'no' },
    ]);
    const steps = new Scripted('steps in', () => words('whole'));
    const talks = new Scripted('talks', () => words('Yes.'));
    const given = run(talks, [{ agent: agent('input', 'In'), models: [fails, steps] }]);
    await given.done;
    assert.deepEqual(talks.asked[0]!.notes, ['In: whole']);
  });

  it('says nothing more after an abort, and aborts all helpers', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slow = new Scripted('slow', () => words('x'), 300);
    const talks = new Scripted('talks', () => words('Yes.'), 300);
    const reading = run(talks, [{ agent: agent('input', 'In'), models: [slow] }]);
    reading.running.abort();
    const talking = run(talks, []);
    for (let n = 0; n < 20; n++) await Promise.resolve();
    talking.running.abort();
    t.mock.timers.tick(1000);
    for (let n = 0; n < 20; n++) await Promise.resolve();
    assert.deepEqual([reading.parts, talking.parts, slow.aborted, talks.aborted, reading.leftOut], [[], [], 1, 1, []]);
    assert.equal(reading.working(), 0);
  });
});
