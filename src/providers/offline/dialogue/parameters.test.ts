import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ModelPart, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import { argsOf, parametersOf, valuesOf } from './booking/parameters.ts';
import { OfflineLanguageModel } from './offline-language-model.ts';
import { fillIn } from './tool-use.ts';

// The rules ask for what a tool's JSON schema requires, and call it with values that fit.

const NOW = { at: new Date('2026-01-14T15:00:00Z'), timeZone: timeZone('America/New_York') };

const REPORT = {
  name: 'report_fault',
  description: 'Reports a fault of a machine',
  parameters: {},
  schema: {
    type: 'object',
    properties: {
      machine: { $ref: '#/$defs/machine' },
      hours: { type: 'integer', minimum: 1, maximum: 24 },
      urgent: { type: 'boolean', description: 'Is it urgent?' },
      floor: { type: ['integer', 'null'] },
      since: { type: 'string', format: 'date' },
      address: {
        type: 'object',
        properties: { city: { type: 'string' }, zip_code: { type: 'string' } },
        required: ['city'],
      },
      parts: { type: 'array', items: { type: 'string', enum: ['belt', 'wheel', 'motor'] } },
      shape: { type: 'array', items: { type: 'object', properties: { x: { type: 'number' } } } },
    },
    required: ['machine', 'hours', 'urgent', 'floor'],
    $defs: { machine: { anyOf: [{ const: 'press' }, { const: 'table_saw' }, { type: 'null' }] } },
  },
} satisfies ToolDefinition;

const agent = (text: string): ModelMessage => ({ role: 'agent', text });
const caller = (text: string): ModelMessage => ({ role: 'caller', text });
const filled = (talk: readonly ModelMessage[], tool: ToolDefinition = REPORT) => fillIn(tool, talk, NOW);

async function reply(messages: readonly ModelMessage[], tool: ToolDefinition): Promise<string | ToolArgs> {
  const parts = await new Promise<ModelPart[]>((resolve) => {
    const all: ModelPart[] = [];
    new OfflineLanguageModel().generate(
      {
        prompt: 'You are Mia of Toolhouse.',
        model: 'any',
        messages,
        now: NOW,
        tools: [tool],
        working: () => () => undefined,
      },
      (part) => {
        all.push(part);
        if (part.type === 'done') resolve(all);
      },
    );
  });
  const call = parts.find((part) => part.type === 'tool-call');
  return call?.type === 'tool-call'
    ? call.args
    : parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

describe('a tool with a JSON schema, used by the rules', () => {
  it('is asked about what it requires, with its choices and bounds, and only about that', () => {
    const talk = [caller('I want to report a fault')];
    const ask = () => {
      const one = filled(talk);
      return 'ask' in one ? one.ask : null;
    };
    assert.equal(ask(), 'How many hours, from 1 to 24?');
    talk.push(agent('How many hours, from 1 to 24?'), caller('thirty'));
    assert.equal(ask(), 'How many hours, from 1 to 24?', 'thirty does not fit');
    talk.push(agent('How many hours, from 1 to 24?'), caller('three'));
    assert.equal(ask(), 'Is it urgent: yes or no?');
    talk.push(agent('Is it urgent: yes or no?'), caller('yes it is'));
    assert.deepEqual(filled(talk), { args: { machine: null, hours: 3, urgent: true, floor: null } });
  });

  it('gets values of its kinds, wherever they were said', () => {
    const talk = [
      caller('The table saw on floor 4 stands still for 2 hours, the motor and the belt, since tomorrow at ten'),
      agent('Is it urgent: yes or no?'),
      caller('No.'),
    ];
    assert.deepEqual(filled(talk), {
      args: {
        machine: 'table_saw',
        hours: 2,
        urgent: false,
        floor: 4,
        since: '2026-01-15',
        parts: ['motor', 'belt'],
      },
    });
  });

  it('is asked about the rest of an object that was begun', () => {
    const tool = { ...REPORT, schema: { ...REPORT.schema, required: [] } };
    assert.deepEqual(filled([caller('zip code 12207')], tool), { ask: 'What is the city of the address?' });
    const talk = [caller('zip code 12207'), agent('What is the city of the address?'), caller('Albany')];
    assert.deepEqual(filled(talk, tool), { args: { address: { city: 'Albany', zip_code: '12207' } } });
  });

  it('is called in a talk once all is known', async () => {
    const tool: ToolDefinition = {
      name: 'find_rooms',
      description: 'Finds free rooms in a hotel',
      parameters: {},
      schema: {
        type: 'object',
        properties: { nights: { type: 'integer', minimum: 1 }, view: { enum: ['sea', 'garden'] } },
        required: ['nights', 'view'],
      },
    };
    const talk = [caller('Are there free rooms in the hotel?')];
    const first = await reply(talk, tool);
    assert.equal(first, 'How many nights?');
    talk.push(agent('How many nights?'), caller('four'));
    assert.equal(await reply(talk, tool), 'Which view: sea or garden?');
    talk.push(agent('Which view: sea or garden?'), caller('the garden please'));
    assert.deepEqual(await reply(talk, tool), { nights: 4, view: 'garden' });
  });

  it('gets a booking as its schema wants it', async () => {
    const tool: ToolDefinition = {
      name: 'book_table',
      description: 'Books a table',
      parameters: {},
      schema: {
        type: 'object',
        properties: {
          start: {
            type: 'object',
            properties: { date: { type: 'string' }, time: { type: 'string' } },
            required: ['date'],
          },
          party_size: { type: 'integer', minimum: 1, maximum: 8 },
          area: { type: 'string', enum: ['inside', 'terrace'] },
        },
        required: ['start', 'party_size', 'area'],
      },
    };
    const talk = [caller('I would like to book a table for twelve people tomorrow at 7 pm')];
    assert.equal(await reply(talk, tool), 'For how many people?');
    talk.push(agent('For how many people?'), caller('six then'));
    assert.equal(await reply(talk, tool), 'Which area: inside or terrace?');
    talk.push(agent('Which area: inside or terrace?'), caller('terrace'));
    const readBack = (await reply(talk, tool)) as string;
    assert.match(readBack, /Thursday, January 15 at 7:00 PM, for 6 people, area terrace\. Is that right\?/);
    talk.push(agent(readBack), caller('yes'));
    assert.deepEqual(await reply(talk, tool), {
      start: { date: '2026-01-15', time: '19:00' },
      party_size: 6,
      area: 'terrace',
    });
  });

  it('its values come back as they went in', () => {
    const parameters = parametersOf(REPORT);
    const args = {
      machine: 'press',
      hours: 2,
      urgent: false,
      floor: 4,
      address: { city: 'Bonn' },
      parts: ['belt', 'motor'],
    };
    assert.deepEqual(argsOf(parameters, valuesOf(parameters, args)), args);
  });

  it('references that lead to ever more of them end', () => {
    const $defs = {
      all: { properties: Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`p${n}`, { $ref: '#/$defs/all' }])) },
    };
    const properties = { name: { type: 'string' }, more: { $ref: '#/$defs/all' } };
    const began = performance.now();
    const parameters = parametersOf({ ...REPORT, schema: { type: 'object', properties, $defs } });
    assert.deepEqual(parameters[0]!.path, ['name']);
    assert.ok(performance.now() - began < 2000);
  });
});
