import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { phrase } from '../dialogue/phrasing.ts';
import { Known } from '../dialogue/recollection.ts';
import { factsIn, understand } from './facts.ts';
import { nameIn } from './names.ts';
import { OfflineAnalyst } from './offline-analyst.ts';

describe('names', () => {
  const cases: [string, string | null][] = [
    ['my name is anna', 'Anna'],
    ['my name is anna and i need a quote', 'Anna'],
    ['My name is Mary Ann Smith', 'Mary Ann'],
    ["hello my name's o'neill", "O'Neill"],
    ['hi this is peter from acme', 'Peter'],
    ['anna miller speaking', 'Anna Miller'],
    ['you can call me Bob', 'Bob'],
    ['I am Peter Miller from Acme', 'Peter Miller'],
    ['I am busy', null],
    ['i am looking for a car', null],
    ['this is great', null],
    ['call me back tomorrow', null],
    ['call me later', null],
    ['please call me', null],
    ['is this the right number', null],
    ['I am', null],
    ['', null],
  ];
  for (const [text, name] of cases) it(`"${text}": ${name}`, () => assert.equal(nameIn([text]), name));
  it('the last that was said counts', () =>
    assert.equal(nameIn(['my name is anna', 'sorry, my name is anne', 'yes']), 'Anne'));
});

describe("analysis of a person's words", () => {
  it('are wishes, preferences, language and topics', () => {
    assert.deepEqual(
      factsIn([
        'Hello',
        'I would like to have an offer for my garden. Thanks',
        'I prefer mornings',
        'Could we speak Spanish?',
      ]),
      {
        name: null,
        wants: 'an offer for my garden',
        preferences: { prefers: 'mornings', language: 'es' },
        topics: ['general_inquiry'],
      },
    );
    assert.deepEqual(factsIn(["What's the weather like today?"]).topics, ['weather']);
    assert.deepEqual(factsIn(['I want to cancel my order, the price is too high']).topics, [
      'pricing',
      'orders',
      'cancellation',
    ]);
    assert.deepEqual(factsIn(['yes', 'I want that']), { name: null, wants: null, preferences: {}, topics: [] });
  });

  it('are an intent and what was named', () => {
    assert.deepEqual(understand('I would like to book an appointment for Tuesday at 3, my mail is p@acme.com'), {
      intent: 'schedule_appointment',
      entities: {
        time: 'tuesday at three',
        wants: 'an appointment for Tuesday at 3, my mail is p@acme',
        topic: 'scheduling',
        email: 'p@acme.com',
      },
    });
    assert.equal(understand("What's the weather like today?").intent, 'ask_about_weather');
    assert.equal(understand('no thank you').intent, 'refusal');
    assert.deepEqual(understand('call +49 30 1234567, it is about $12.50').entities, {
      phone: '+49301234567',
      amount: '$12.50',
    });
    assert.equal(understand('I am Peter from Acme, reach me at Acme').entities['time'], undefined);
  });

  it('are summed up', async () => {
    const analyst = new OfflineAnalyst();
    assert.deepEqual(await analyst.analyse([{ role: 'agent', text: 'Hello.' }]), {
      summary: null,
      topics: [],
      preferences: {},
      judgement: null,
    });
    const { judgement, ...facts } = await analyst.analyse([
      { role: 'caller', text: 'My name is Anna and I need a quote for ten people' },
      { role: 'agent', text: 'It costs ten dollars.' },
    ]);
    assert.equal(judgement?.converted, false);
    assert.deepEqual(facts, {
      summary: 'Anna asked about pricing. They want a quote for ten people. Last answer: "It costs ten dollars."',
      topics: ['pricing'],
      preferences: { name: 'Anna', wants: 'a quote for ten people' },
    });
  });
});

describe('known facts about a person', () => {
  const known = new Known([
    'Name: Anna',
    'Wants: a quote for my team',
    'Talked before (2026-01-01): Anna asked about pricing.',
  ]);
  it('are given only to a person who asks', () => {
    assert.match(known.answerTo('what is my name')!, /Anna/);
    assert.match(known.answerTo('Do you remember me?')!, /Anna/);
    assert.equal(known.answerTo('What did I want?'), 'You wanted a quote for your team.');
    assert.match(
      new Known(['Talked before (2026-01-01): Anna asked about pricing.']).answerTo('what did we talk about')!,
      /asked about pricing/,
    );
    assert.match(new Known([]).answerTo('what is my name')!, /do not know/);
    for (const text of [
      'what is your name',
      'what does it cost',
      'my name is bob',
      'yes',
      'who am i talking to',
      'what do we need to start',
    ])
      assert.equal(known.answerTo(text), null, text);
  });
});

describe('phrasing for the voice', () => {
  const cases: [string, string][] = [
    ['The price is **$10/mo**, e.g. for 5 users.', 'The price is ten dollars a month, for example for five users.'],
    [
      '# Plans\n- Basic: $1,299.50\n- Pro: 20% off',
      'Plans. Basic: one thousand two hundred ninety nine dollars and fifty cents. Pro: twenty percent off.',
    ],
    [
      'Call +1234567890 or see https://www.example.com/pricing at 10:30.',
      'Call one two three four five six seven eight nine zero or see example dot com at ten thirty.',
    ],
    ['We open at 9:00 & close at 17:05.', "We open at nine o'clock and close at seventeen oh five."],
    ['Write to a.b@c.com \u{1f600}', 'Write to a dot b at c dot com'],
    ['It is £1.01, 3.14 times', 'It is one pound and one penny, three point one four times'],
    ['See [our page](https://x.y/z) or `this`', 'See our page or this'],
    ['Plain words stay as they are.', 'Plain words stay as they are.'],
  ];
  for (const [text, spoken] of cases)
    it(text.slice(0, 40).replaceAll('\n', ' '), () => assert.equal(phrase(text), spoken));
});
