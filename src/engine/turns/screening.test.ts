import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TurnEventBody, TurnNote } from './events.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { initialState } from './state.ts';
import { nextDeadlineMs, step } from './step.ts';

const POLICY = { ...DEFAULT_POLICY, screen: true, firstMessage: 'Hello, this is Ada.' };

/** Who is thought to have answered, when these things happen at these times and nothing else does. */
function answeredBy(events: readonly (readonly [number, TurnEventBody])[], untilMs = 30_000): readonly string[] {
  let state = initialState();
  const found: string[] = [];
  const take = (atMs: number, event: TurnEventBody) => {
    const next = step(state, { atMs, ...event }, POLICY);
    state = next.state;
    for (const effect of next.effects) if (effect.type === 'note' && isAnswer(effect.note)) found.push(effect.note.who);
  };
  const due = (limitMs: number) => {
    for (
      let at = nextDeadlineMs(state, POLICY);
      at !== null && at <= limitMs && state.phase !== 'ended';
      at = nextDeadlineMs(state, POLICY)
    )
      take(Math.max(at, state.nowMs + 1), { type: 'tick' });
  };
  for (const [atMs, event] of events) {
    due(atMs);
    take(atMs, event);
  }
  due(untilMs);
  return found;
}
const isAnswer = (note: TurnNote): note is Extract<TurnNote, { kind: 'answered-by' }> => note.kind === 'answered-by';

const speaks = (fromMs: number, toMs: number, text: string): readonly (readonly [number, TurnEventBody])[] => [
  [fromMs, { type: 'speech-started', utterance: 1, onsetMs: fromMs }],
  [toMs, { type: 'speech-ended', utterance: 1, endMs: toMs }],
  [toMs + 50, { type: 'transcript-final', utterance: 1, text }],
];
const start: readonly [number, TurnEventBody] = [0, { type: 'start' }];
const hint: readonly [number, TurnEventBody] = [400, { type: 'answered-by', who: 'machine' }];

it("the carrier's verdict shortens the limit for long speech but does not decide alone", () => {
  const greeting = speaks(300, 5300, 'good day the office of miller and sons is open again on monday morning');
  assert.equal(answeredBy([start, ...greeting])[0], 'human', 'our ear alone waits longer');
  assert.equal(answeredBy([start, greeting[0]!, hint, ...greeting.slice(1)])[0], 'machine');
  const hello = speaks(300, 900, 'hello');
  assert.equal(answeredBy([start, hello[0]!, hint, ...hello.slice(1)])[0], 'human', 'a person was taken for a machine');
  assert.equal(answeredBy([start, hint])[0], 'human', 'silence was taken for a machine');
  // Its "human" changes nothing: a machine that says so of itself is one.
  const machine = speaks(300, 3300, 'you have reached the voicemail of peter please leave a message after the tone');
  assert.equal(
    answeredBy([start, machine[0]!, [400, { type: 'answered-by', who: 'human' }], ...machine.slice(1)])[0],
    'machine',
  );
});

it('a voicemail that is to hear no message hears none, and the call ends', () => {
  const machine = speaks(300, 3300, 'you have reached the voicemail of peter please leave a message after the tone');
  const ends = (leavesMessage: boolean): readonly string[] => {
    const policy = { ...POLICY, leavesMessage };
    let state = initialState();
    const effects: string[] = [];
    const take = (atMs: number, event: TurnEventBody) => {
      const next = step(state, { atMs, ...event }, policy);
      state = next.state;
      effects.push(...next.effects.map(({ type }) => type));
    };
    for (const [atMs, event] of [start, ...machine]) take(atMs, event);
    for (let at = nextDeadlineMs(state, policy); at !== null && at < 30_000; at = nextDeadlineMs(state, policy))
      take(Math.max(at, state.nowMs + 1), { type: 'tick' });
    return effects;
  };
  assert.ok(ends(true).includes('synthesize'), 'a message is left');
  assert.ok(!ends(false).includes('synthesize'));
  assert.ok(ends(false).includes('hang-up'));
});
