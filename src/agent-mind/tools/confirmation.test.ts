import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { timeZone } from '#core/kernel/locale.ts';
import type { ModelMessage, ToolArgs, ToolResultStatus } from '#engine/contracts/language-model.ts';
import { isAction } from './action.ts';
import { isConfirmed } from './confirmation.ts';

const ZONE = timeZone('America/New_York');
const caller = (text: string): ModelMessage => ({ role: 'caller', text });
const agent = (text: string): ModelMessage => ({ role: 'agent', text });
let made = 0;
const asked = (args: ToolArgs, status: ToolResultStatus, name = 'book_table'): ModelMessage[] => {
  const key = `k${made++}`;
  return [
    { role: 'tool-call', key, name, args },
    { role: 'tool-result', key, name, status, output: '' },
  ];
};
const FOUR = { seats: 4 };
const held = [caller('A table for four.'), ...asked(FOUR, 'unconfirmed'), agent('A table for four. Is that right?')];
const confirmed = (talk: readonly ModelMessage[], args: ToolArgs = FOUR, name = 'book_table') =>
  isConfirmed(talk, { key: 'new', name, args }, ZONE);

describe('a tool that changes something', () => {
  it('is held back when it is first asked for', () => {
    assert.equal(confirmed([]), false);
    assert.equal(confirmed([caller('A table for four, please.')]), false);
    assert.equal(confirmed([agent('Hello. How can I help you?'), caller('Yes, a table for four please.')]), false);
  });

  const ANSWERS: readonly (readonly [string, boolean])[] = [
    ['Yes.', true],
    ['yes please', true],
    ['Okay, go ahead.', true],
    ['Book it.', true],
    ['Ja, gerne.', true],
    ['Oui.', true],
    ['はい', true],
    ['是', true],
    ['No problem, do it.', true],
    ['mhm', true],
    ['No.', false],
    ['Nein, danke.', false],
    ['いいえ', false],
    ['Wait a moment.', false],
    ['Yes, but make it five.', false],
    ['Never mind.', false],
    ['What does it cost?', false],
    ['Actually, at six.', false],
  ];
  for (const [answer, runs] of ANSWERS)
    it(`${runs ? 'runs' : 'waits'} after its values were read back and "${answer}"`, () => {
      assert.equal(confirmed([...held, caller(answer)]), runs);
    });

  it('needs a new agreement for other values, also those that were read back before', () => {
    assert.equal(confirmed([...held, caller('Yes.')], { seats: 5 }), false);
    const changed = [...held, caller('Five, please.'), ...asked({ seats: 5 }, 'unconfirmed'), agent('Five. Right?')];
    assert.equal(confirmed([...changed, caller('Yes.')], { seats: 5 }), true);
    assert.equal(confirmed([...changed, caller('Yes.')], { seats: 4 }), false);
  });

  it('waits where the agent was not heard after it was held back', () => {
    assert.equal(confirmed([...held.slice(0, -1), caller('Yes.')]), false);
  });

  it('is not asked about twice where the agent had read its values back', () => {
    const args = { date: '2026-12-04', time: '19:00', name: 'Ann Lee', seats: '4', notes: 'by the window, if you can' };
    const talk = (readBack: string) => [
      caller('A table by the window, if you can.'),
      agent(readBack),
      caller('Yes, please.'),
    ];
    const said = 'So a table for four on Friday, December 4 at 7 pm, for Ann Lee. Is that right?';
    assert.equal(confirmed(talk(said), args), true);
    assert.equal(confirmed(talk(said.replace('7', '8')), args), false);
    assert.equal(confirmed(talk(said.replace('four', 'five')), args), false);
    assert.equal(confirmed(talk(said.replace('Friday, December 4', 'Saturday, December 5')), args), false);
    assert.equal(confirmed(talk('Is there anything else?'), {}, 'send_brochure'), false);
    assert.equal(confirmed(talk('Shall I send you the brochure?'), {}, 'send_brochure'), true);
    assert.equal(confirmed(talk('Thursday at 7 PM is free.'), { when: '2026-12-04T00:00:00Z' }), true);
  });

  it('runs once for one agreement, and again where it surely did nothing', () => {
    const yes = [...held, caller('Yes.')];
    assert.equal(confirmed([...yes, ...asked(FOUR, 'ok')]), false);
    assert.equal(confirmed([...yes, ...asked(FOUR, 'unknown')]), false);
    assert.equal(confirmed([...yes, ...asked(FOUR, 'failed')]), true);
    assert.equal(
      confirmed([...yes, ...asked(FOUR, 'ok'), agent('Booked.'), caller('And another one for four.')]),
      false,
    );
  });

  it('runs for several requests that were agreed to together', () => {
    const both = [
      caller('Two tables.'),
      ...asked({ seats: 4 }, 'unconfirmed'),
      ...asked({ seats: 2 }, 'unconfirmed'),
      agent('One for four and one for two?'),
      caller('Yes.'),
    ];
    assert.equal(confirmed(both, { seats: 4 }), true);
    assert.equal(confirmed([...both, ...asked({ seats: 4 }, 'ok')], { seats: 2 }), true);
  });

  it('stays undone once the caller has refused, whatever they say later', () => {
    const refused = [...held, caller('No.'), agent('All right. Anything else?'), caller('Thanks.')];
    assert.equal(confirmed(refused), false);
    assert.equal(confirmed([...refused.slice(0, -1), caller('Yes.')]), false);
  });

  it('of cancelling is not refused by "yes, cancel it"', () => {
    const talk = [caller('x'), ...asked({ number: 'A1' }, 'unconfirmed', 'cancel_order'), agent('Cancel A1?')];
    assert.equal(confirmed([...talk, caller('Cancel it, yes.')], { number: 'A1' }, 'cancel_order'), true);
  });

  it('is kept apart from an earlier request with the same key, made by the server that ran the call before', () => {
    const call = (args: ToolArgs): ModelMessage => ({ role: 'tool-call', key: 'new', name: 'book_table', args });
    const result: ModelMessage = { role: 'tool-result', key: 'new', name: 'book_table', status: 'ok', output: '' };
    const before = [caller('A table for two.'), call({ seats: 2 }), result, agent('Booked.')];
    assert.equal(confirmed([...before, ...held, caller('Yes.'), call(FOUR)]), true);
    assert.equal(confirmed([...before, ...held, caller('No.'), call(FOUR)]), false);
  });

  it('takes numbers as texts, and the order of its values, for the same', () => {
    const talk = [caller('x'), ...asked({ a: 1, b: { c: [2] } }, 'unconfirmed'), agent('So?'), caller('Yes.')];
    assert.equal(confirmed(talk, { b: { c: ['2'] }, a: '1' }), true);
  });

  it('never runs twice for one "yes", nor before the caller spoke', () => {
    const line = fc.oneof(
      fc.constantFrom('Yes.', 'No.', 'Hm.', 'What?').map((text) => [caller(text)]),
      fc.constant([agent('So that is book table for 4?')]),
      fc.constant('ask' as const),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const talk: ModelMessage[] = [];
        let runs = 0;
        for (const one of lines) {
          if (one !== 'ask') talk.push(...one);
          else {
            const run = confirmed(talk);
            talk.push(...asked(FOUR, run ? 'ok' : 'unconfirmed'));
            if (run) runs++;
          }
        }
        const spoken = talk.filter((message) => message.role === 'caller' && !/^(?:No|What)/.test(message.text)).length;
        assert.ok(runs <= spoken);
      }),
    );
  });
});

describe('whether a tool changes something is read from its definition', () => {
  const ACTIONS = [
    ['book_appointment', 'Books an appointment for the customer'],
    ['cancelOrder', ''],
    ['x', 'Sends the brochure'],
    ['pay', 'Pay the bill'],
  ] as const;
  const LOOK_UPS = [
    ['find_order', 'Finds an order'],
    ['order_status', 'Order status by number'],
    ['check_availability', 'Free times'],
    ['look', 'Looks'],
    ['open_hours', 'Opening hours'],
    ['weather', 'Weather of a place'],
    ['tool_1', 'Does tool_1'],
  ] as const;
  for (const [name, description] of ACTIONS)
    it(`${name}, ${description}`, () => assert.equal(isAction(name, description), true));
  for (const [name, description] of LOOK_UPS)
    it(`${name}, ${description}, does not`, () => assert.equal(isAction(name, description), false));
});
