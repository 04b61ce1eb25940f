import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelMessage, ModelPart } from '#engine/contracts/language-model.ts';
import { expectedAfter } from './expected.ts';
import { intentOf, timeIn } from './intents.ts';
import { OfflineLanguageModel } from './offline-language-model.ts';
import { Answers } from './answering/answer.ts';
import { statementsOf } from './answering/statements.ts';
import { readPrompt } from './prompt-script.ts';

const PROMPT = `You are Ada, a sales representative of Brightline.
Brightline makes a scheduling tool. It costs ten dollars a month.
Questions:
- What do you use today?
Objections:
It pays for itself within a month.
When the caller says "go forward ten meters", say "Moving forward."
Q: Where is your office? A: Our office is in Denver.`;

async function reply(
  messages: ModelMessage[],
  tools: string[] = ['end_call', 'transfer_to_human', 'take_callback', 'do_not_call'],
  prompt = PROMPT,
): Promise<{ text: string; tool: string | null; parts: ModelPart[] }> {
  const parts: ModelPart[] = [];
  await new Promise<void>((done) => {
    new OfflineLanguageModel().generate(
      {
        prompt,
        model: 'any',
        messages,
        tools: tools.map((name) => ({ name, description: '', parameters: {} })),
        working: () => () => undefined,
      },
      (part) => {
        parts.push(part);
        if (part.type === 'done') done();
      },
    );
  });
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return { text, tool: parts.flatMap((part) => (part.type === 'tool-call' ? [part.name] : []))[0] ?? null, parts };
}

const caller = (text: string): ModelMessage => ({ role: 'caller', text });
const agent = (text: string): ModelMessage => ({ role: 'agent', text });

describe('intents', () => {
  const cases: [string, ReturnType<typeof intentOf>][] = [
    ['no thank you i am not interested', 'refusal'],
    ['yes that sounds good', 'agreement'],
    ['call me back tomorrow', 'callback'],
    ['can i speak to a human please', 'human'],
    ['never call me again', 'do-not-call'],
    ['thank you goodbye', 'goodbye'],
    ['what does it cost', 'question'],
    ['are you a robot', 'are-you-human'],
    ['who is this', 'identity'],
    ['i will wait', 'wait'],
    ['that is too expensive', 'too-expensive'],
    ['could you repeat that', 'repeat'],
    ['we use a spreadsheet', 'statement'],
    ['i have cigna insurance is that okay with you', 'question'],
    ['my dog comes along would that be all right', 'question'],
    ['yes that is okay', 'agreement'],
  ];
  for (const [text, intent] of cases) it(`"${text}" is ${intent}`, () => assert.equal(intentOf(text), intent));

  it('finds the time that was named', () => {
    assert.equal(timeIn('tuesday at three works for me'), 'tuesday at three');
    assert.equal(timeIn('that works'), null);
  });
});

describe('a prompt', () => {
  it('gives questions, facts and answers', () => {
    const script = readPrompt(PROMPT);
    assert.deepEqual(script.questions, ['What do you use today?']);
    assert.equal(script.agentName, 'Ada');
    const answers = new Answers(statementsOf(script, []));
    const answer = (question: string) => answers.answer(question, '', null);
    assert.match(answer('what does it cost')!, /ten dollars a month/);
    assert.match(answer('where is your office')!, /Denver/);
    assert.equal(answer('do you like music'), null);
  });

  it('answers no code with the price of another, where the letters of the code were lost', () => {
    const rows = ['code: D-102; room: 61; price: $210', 'code: D-210; room: 12; price: $340', 'code: E-7; fee: 102'];
    const passages = rows.map((text) => ({ source: 'codes.csv', text }));
    const answers = new Answers(statementsOf(readPrompt('You are Ada.'), passages));
    assert.match(answers.answer('what is the room of D-210', '', null)!, /12/);
    for (const heard of ['what about code two 210', 'the room of cody 210', 'and 102 please'])
      assert.doesNotMatch(answers.answer(heard, '', null) ?? '', /61|E-7|\$210/, heard);
  });

  it('answers with no row of which only the headings were asked for', () => {
    const rows = ['number: 131; dish: Lasagne; price: $9.80', 'number: 47; dish: Ravioli; price: $12'];
    const passages = rows.map((text) => ({ source: 'menu.csv', text }));
    const answers = new Answers(statementsOf(readPrompt('You are Luca.'), passages));
    for (const heard of ['how much is number for two seven', 'what is the price of that number', 'which dish number'])
      assert.equal(answers.answer(heard, '', null), null, heard);
    assert.match(answers.answer('how much is number forty seven', '', null)!, /\$12/);
    assert.match(answers.answer('how much is the lasagne', '', null)!, /\$9\.80/);
  });

  it('tells the address, whatever street another fact names', () => {
    const facts = ['The entrance to the garage is on State Street.', 'We are at 40 Lark Street, on the second floor.'];
    const prompt = ['You are Mia.', 'Facts:', ...facts].join('\n');
    const answers = new Answers(statementsOf(readPrompt(prompt), []));
    for (const heard of ['what is your address', 'where are you located', "five what's your address"])
      assert.match(answers.answer(heard, '', null)!, /Lark/, heard);
  });

  it('of one line gives its facts beside its rules', () => {
    const script = readPrompt(
      'You are Ada. Our shop is open from nine to five. When the caller says "go on", say "Moving on." If somebody asks about parking, say that it is free. For a booking ask for a phone number. Delivery takes two days.',
    );
    assert.deepEqual(script.facts, ['Our shop is open from nine to five.', 'Delivery takes two days.']);
    assert.deepEqual(script.rules, [{ says: 'go on', answer: 'Moving on.' }]);
    assert.deepEqual(
      script.answers.map(({ answer }) => answer),
      ['It is free.'],
    );
    assert.deepEqual(script.bookingAsks, ['phone number']);
  });
});

describe('the offline dialogue model', () => {
  it('answers from the prompt and goes on with its questions', async () => {
    assert.match(
      (await reply([agent('Hello.'), caller('what does it cost')])).text,
      /ten dollars a month\.? What do you use today\?$/,
    );
  });

  it('says what the prompt wants said to these words', async () => {
    assert.equal((await reply([caller('please go forward ten meters')])).text, 'Moving forward.');
  });

  it('asks no question twice, offers, and agrees on a time', async () => {
    const asked = [agent('What do you use today?'), caller('a spreadsheet')];
    const offer = await reply(asked);
    assert.match(offer.text, /appointment\?$/);
    const talk = [...asked, agent(offer.text)];
    const answers: string[] = [];
    for (const text of ['yes that sounds good', 'tuesday at three', 'ann miller']) {
      talk.push(caller(text));
      answers.push((await reply(talk, ['end_call', 'book_slot'])).text);
      talk.push(agent(answers.at(-1)!));
    }
    assert.match(answers[0]!, /Which day and time/);
    assert.match(answers[1]!, /your name/);
    assert.match(answers[2]!, /^So that is Tuesday, .* at 3:00 PM, for Ann Miller\. Is that right\?$/);
    assert.equal((await reply([...talk, caller('yes')], ['end_call', 'book_slot'])).tool, 'book_slot');
  });

  it('ends the call when the caller declines, and records do-not-call requests', async () => {
    assert.equal((await reply([agent('Hello.'), caller('no thank you not interested')])).tool, 'end_call');
    assert.equal((await reply([caller('never call me again')])).tool, 'do_not_call');
  });

  it('transfers to a person, and says when none is free', async () => {
    assert.equal((await reply([caller('i want to speak to a human')])).tool, 'transfer_to_human');
    const told = await reply([
      caller('a human please'),
      { role: 'tool-call', key: 'k', name: 'transfer_to_human', args: {} },
      { role: 'tool-result', key: 'k', name: 'transfer_to_human', output: 'Nobody is free right now.', status: 'ok' },
    ]);
    assert.match(told.text, /nobody is free/);
    assert.equal(told.tool, null);
  });

  it('names the code that it was asked about, where the code was spelled by voice', async () => {
    const looked = (asked: string): ModelMessage[] => [
      caller(asked),
      { role: 'tool-call', key: 'k', name: 'parcel_status', args: { parcel_number: 'QQ7731' } },
      { role: 'tool-result', key: 'k', name: 'parcel_status', output: 'It is not known.', status: 'ok' },
    ];
    const prompt = 'You are Sam.';
    const spelled = await reply(looked('where is q q seventy seven thirty one'), [], prompt);
    assert.equal(spelled.text, 'For QQ7731: It is not known.');
    assert.equal((await reply(looked('Where is QQ7731?'), [], prompt)).text, 'It is not known.');
  });

  it('works with a prompt of one vague sentence', async () => {
    const messages: ModelMessage[] = [agent('Hello! How can I help you today?')];
    for (const text of ['hi', 'we use paper', 'ten people', 'to save time', 'yes', 'monday morning']) {
      messages.push(caller(text));
      const { text: answer, tool } = await reply(messages, undefined, 'You are a helpful sales representative...');
      assert.ok(answer !== '' || tool !== null);
      messages.push(agent(answer));
    }
  });

  it('does what a supervisor tells it, once, in words of its own, and never says them', async () => {
    const told = (text: string): ModelMessage => ({ role: 'instruction', text });
    const asked = [agent('How can I help you?'), caller('where is your office')];
    const plain = 'Our office is in Denver.';
    const prompt = `You are Ada of Brightline. ${plain}`;
    const say = (messages: ModelMessage[]) => reply(messages, undefined, prompt);
    for (const [instruction, says] of [
      ['offer a callback', `${plain} Shall we call you back?`],
      ['Please offer to call them back now', `${plain} Shall we call you back?`],
      ['take a message', `${plain} I can take a message. What is the message?`],
      ['offer them a colleague', `${plain} A colleague can help you. Shall I connect you now?`],
    ] as const)
      assert.equal((await say([...asked, told(instruction)])).text, says);
    const usual = (await say(asked)).text;
    assert.equal((await say([...asked, told('give them a refund of twenty dollars')])).text, usual);
    const done = [told('offer a callback'), agent('Shall we call you back?'), caller('no thank you')];
    assert.equal((await say([...done, ...asked])).text, usual, 'it was done before');
    assert.equal((await say([...asked, told('end the call')])).tool, 'end_call');
    const agreed = [...asked, told('offer a callback'), agent('Shall we call you back?'), caller('yes please')];
    assert.equal((await say(agreed)).tool, 'take_callback');
    const colleague = [agent('A colleague can help you. Shall I connect you now?'), caller('yes please')];
    assert.equal((await say(colleague)).tool, 'transfer_to_human');
    const inLine: ModelMessage[] = [
      { role: 'tool-call', key: 't1', name: 'transfer_to_human', args: {} },
      { role: 'tool-result', key: 't1', name: 'transfer_to_human', status: 'ok', output: 'In line: number 2. Say so.' },
      told('offer a callback'),
    ];
    assert.match((await say([caller('a human please'), ...inLine])).text, /number 2.*call you back\?$/);
  });

  it('knows what a colleague told the caller', async () => {
    const handedBack: ModelMessage[] = [
      { role: 'overheard', by: 'colleague', text: 'I have waived the late fee of twelve dollars.' },
      { role: 'overheard', by: 'caller', text: 'Thank you.' },
      agent('You are with the assistant again. How can I help you?'),
      caller('what about the late fee'),
    ];
    const prompt = 'You are Ada of Brightline. Our office is in Denver.';
    const { text } = await reply(handedBack, [], prompt);
    assert.match(text, /^My colleague told you: I have waived the late fee/);
    const other = await reply([...handedBack.slice(0, 3), caller('where is your office')], [], prompt);
    assert.match(other.text, /Denver/);
  });

  it('says why the caller cannot wait, and what it can do instead', async () => {
    const refused = (offer: string): ModelMessage[] => [
      caller('a human please'),
      { role: 'tool-call', key: 't1', name: 'transfer_to_human', args: {} },
      {
        role: 'tool-result',
        key: 't1',
        name: 'transfer_to_human',
        status: 'ok',
        output: `Not in line: no colleague is there. Say so, and offer ${offer}.`,
      },
    ];
    assert.equal(
      (await reply(refused('a callback'))).text,
      'I am sorry, no colleague is there. Shall we call you back?',
    );
    assert.equal(
      (await reply(refused('to take a message'))).text,
      'I am sorry, no colleague is there. What is the message?',
    );
    const again = [...refused('a callback'), agent('Shall we call you back?'), caller('put me through to a human')];
    assert.equal((await reply(again)).tool, 'transfer_to_human', 'the caller may ask again');
  });

  it('knows what kind of answer its question asks for', () => {
    assert.equal(expectedAfter('How many people are in your team?'), 'number');
    assert.equal(expectedAfter('Which day would suit you?'), 'time');
    assert.equal(expectedAfter('Do you have a minute?'), 'yes-no');
    assert.equal(expectedAfter('What do you use today?'), 'open');
  });
});
