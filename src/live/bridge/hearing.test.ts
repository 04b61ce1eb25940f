import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  brief,
  endBriefing,
  hears,
  hold,
  isPlainPair,
  join,
  leave,
  listen,
  mute,
  takeOver,
  talk,
  unmute,
  whisper,
  type Attendance,
  type ParticipantRole,
} from './hearing.ts';

const ROLES: Readonly<Record<string, ParticipantRole>> = {
  person: 'person',
  ai: 'ai-agent',
  agent: 'human-agent',
  boss: 'supervisor',
  colleague: 'colleague',
};
const IDS = Object.keys(ROLES);

const hearsIn = (all: Attendance, listener: string, speaker: string): boolean => {
  const of = (id: string) => all.find((one) => one.id === id)!;
  return hears(of(listener), of(speaker));
};
/** Who hears whom, as `listener<speaker`. */
const pairs = (all: Attendance): string[] =>
  all.flatMap((a) => all.filter((b) => hears(a, b)).map((b) => `${a.id}<${b.id}`)).toSorted();

const everyone = IDS.reduce<Attendance>((all, id) => join(all, id, ROLES[id]!), []);
const threeTalk = talk(
  everyone.filter(({ id }) => id !== 'boss' && id !== 'colleague'),
  'agent',
);

type Step = (all: Attendance) => Attendance;
const one = fc.constantFrom(...IDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  one.map(
    (id): Step =>
      (all) =>
        all.some((other) => other.id === id) ? leave(all, id) : join(all, id, ROLES[id]!),
  ),
  fc.tuple(fc.constantFrom(hold, talk, listen, mute, unmute, takeOver, endBriefing), one).map(
    ([how, id]): Step =>
      (all) =>
        how(all, id),
  ),
  fc.tuple(fc.constantFrom(whisper, brief), one, one).map(
    ([how, id, to]): Step =>
      (all) =>
        how(all, id, to),
  ),
);

/** Steps that a state refuses leave it as it is. */
function run(steps: readonly Step[], look: (all: Attendance) => void): void {
  let all: Attendance = [];
  for (const next of steps) {
    try {
      all = next(all);
    } catch (error) {
      assert.match(String(error), /^Error: Participant /);
    }
    look(all);
  }
}

describe('who hears whom', () => {
  it('holds for each part in every state that any sequence of changes leads to', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) =>
        run(steps, (all) => {
          for (const listener of all)
            for (const speaker of all) {
              const heard = hears(listener, speaker);
              if (listener.id === speaker.id || speaker.muted) assert.ok(!heard);
              if (listener.part.kind === 'hold') assert.ok(!heard);
              if (speaker.part.kind === 'hold' || speaker.part.kind === 'listen') assert.ok(!heard);
              if (heard && speaker.part.kind === 'whisper') assert.equal(speaker.part.with, listener.id);
              if (listener.role === 'person') assert.ok(!heard || speaker.part.kind === 'talk');
              if (heard && speaker.part.kind === 'aside')
                assert.ok(speaker.part.with === listener.id || listener.role === 'supervisor');
              if (listener.part.kind === 'aside') assert.ok(!heard || isTold(listener.id, speaker));
              const bothTalk = listener.part.kind === 'talk' && speaker.part.kind === 'talk';
              if (bothTalk && listener.id !== speaker.id) assert.equal(heard, !speaker.muted);
            }
        }),
      ),
      { numRuns: 500 },
    );
  });

  const isTold = (id: string, { part }: Attendance[number]) => 'with' in part && part.with === id;

  it('keeps both sides of an aside, and points no part at a participant who has left', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) =>
        run(steps, (all) => {
          for (const { id, part } of all) {
            if (!('with' in part)) continue;
            const other = all.find((each) => each.id === part.with);
            assert.ok(other && other.role !== 'person');
            if (part.kind === 'aside') assert.deepEqual(other.part, { kind: 'aside', with: id });
          }
        }),
      ),
      { numRuns: 500 },
    );
  });

  it('gives the person exactly one side after a take-over, whatever was before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom('ai', 'agent', 'boss'), (steps, taker) =>
        run(steps, (all) => {
          if (!all.some(({ id }) => id === taker) || !all.some(({ id }) => id === 'person')) return;
          const taken = takeOver(unmute(all, 'person'), taker);
          assert.ok(hearsIn(taken, taker, 'person'));
          assert.deepEqual(
            taken.filter(({ id }) => hearsIn(taken, 'person', id)).map(({ id }) => id),
            [taker],
          );
        }),
      ),
      { numRuns: 300 },
    );
  });
});

describe('the changes of who hears whom', () => {
  it('starts with the person and the AI agent; a supervisor hears them, others wait', () => {
    assert.deepEqual(pairs(everyone), ['ai<person', 'boss<ai', 'boss<person', 'person<ai']);
  });

  it('hold separates the person from everyone until they talk again', () => {
    assert.deepEqual(pairs(hold(threeTalk, 'person')), ['agent<ai', 'ai<agent']);
    assert.deepEqual(pairs(talk(hold(threeTalk, 'person'), 'person')), pairs(threeTalk));
  });

  it('mute silences, and lets hear', () => {
    assert.deepEqual(pairs(mute(threeTalk, 'agent')), ['agent<ai', 'agent<person', 'ai<person', 'person<ai']);
    assert.deepEqual(unmute(mute(threeTalk, 'agent'), 'agent'), threeTalk);
  });

  it('whisper reaches one participant, who is never the person', () => {
    const whispering = whisper(everyone, 'boss', 'ai');
    assert.deepEqual(pairs(whispering), ['ai<boss', 'ai<person', 'boss<ai', 'boss<person', 'person<ai']);
    assert.throws(() => whisper(everyone, 'boss', 'person'), /is the person/);
    assert.throws(() => whisper(everyone, 'person', 'ai'), /is the person/);
    assert.throws(() => whisper(everyone, 'boss', 'boss'), /with itself/);
  });

  it('a briefing is between two, beside a listening supervisor', () => {
    const briefing = brief(everyone, 'ai', 'agent');
    assert.deepEqual(pairs(briefing), ['agent<ai', 'ai<agent', 'boss<agent', 'boss<ai', 'boss<person']);
    const over = endBriefing(briefing, 'agent');
    assert.ok(hearsIn(over, 'person', 'agent') && hearsIn(over, 'person', 'ai') && hearsIn(over, 'agent', 'person'));
  });

  it('a take-over ends the briefing; the AI agent listens, and takes the person back in the same way', () => {
    const taken = takeOver(brief(everyone, 'ai', 'agent'), 'agent');
    assert.deepEqual(
      pairs(taken).filter((pair) => !pair.startsWith('boss')),
      ['agent<person', 'ai<agent', 'ai<person', 'person<agent'],
    );
    const back = takeOver(taken, 'ai');
    assert.deepEqual(
      pairs(back).filter((pair) => pair.startsWith('person')),
      ['person<ai'],
    );
  });

  it('knows the plain pair', () => {
    const pair = everyone.slice(0, 2);
    assert.ok(isPlainPair(pair));
    for (const other of [pair.slice(0, 1), threeTalk, hold(pair, 'person'), mute(pair, 'ai'), leave(threeTalk, 'ai')])
      assert.ok(!isPlainPair(other));
    assert.ok(isPlainPair(leave(threeTalk, 'agent')));
  });
});
