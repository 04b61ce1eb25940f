import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TurnEffect } from '#engine/turns/events.ts';
import { step } from '#engine/turns/step.ts';
import { World, type StepFunction } from './world.ts';

const CALLS = Number(process.env['INTERLEAVINGS'] ?? 50_000);
/** The same calls in each run; `npm run interleave` looks further. */
const FIRST_SEED = Number(process.env['INTERLEAVING_SEED'] ?? 1);

describe('the turn machine', () => {
  it(`keeps its promises in ${CALLS} made-up calls`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + CALLS; seed++) {
      try {
        new World(seed).run();
      } catch (error) {
        throw new Error(
          `seed ${seed} (npm run interleave -- 1 ${seed}): ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      }
    }
  });
});

/** Machines that break one promise each: the world must notice. */
const broken: Record<string, StepFunction> = {
  'sends no clear on a barge-in': (state, event, policy) => {
    const result = step(state, event, policy);
    return { ...result, effects: result.effects.filter((one) => one.type !== 'clear') };
  },
  'runs a tool twice': (state, event, policy) => {
    const result = step(state, event, policy);
    return {
      ...result,
      effects: result.effects.flatMap<TurnEffect>((one) => (one.type === 'run-tool' ? [one, one] : [one])),
    };
  },
  'believes that all it sent was heard': (state, event, policy) =>
    step(state, event.type === 'playout-heard' ? { ...event, samples: 10_000_000 } : event, policy),
  'forgets what the caller said': (state, event, policy) => {
    const result = step(state, event, policy);
    if (result.state.phase === 'talking' && result.state.turn?.kind === 'reply') result.state.turn = null;
    return result;
  },
  'speaks after hang-up': (state, event, policy) => {
    const result = step(state, event, policy);
    const late: TurnEffect[] = event.type === 'hung-up' ? [{ type: 'clear' }] : [];
    return { ...result, effects: [...result.effects, ...late] };
  },
  'lets a sealed turn speak': (state, event, policy) => {
    const result = step(state, event, policy);
    const { turn } = result.state;
    const ready =
      turn?.speculative && turn.kind === 'reply'
        ? turn.segments.find((one) => one.status === 'ready' && !one.released)
        : undefined;
    if (ready) ready.released = true;
    return ready ? { ...result, effects: [...result.effects, { type: 'release', segment: ready.id }] } : result;
  },
  'keeps something that JSON loses': (state, event, policy) => {
    const result = step(state, event, policy);
    return {
      ...result,
      state: { ...result.state, idle: { ...result.state.idle, sinceMs: result.state.idle.sinceMs ?? Number.NaN } },
    };
  },
  'does not finish a sentence that a takeover cut off': (state, event, policy) =>
    step(event.type === 'taken-over' ? { ...state, turn: null } : state, event, policy),
  'does not say what became of a tool that a takeover lost': (state, event, policy) =>
    step(event.type === 'taken-over' ? { ...state, tools: [] } : state, event, policy),
  'ends a turn on a deadline that never moves': (state, event, policy) =>
    event.type === 'tick' ? { state, effects: [] } : step(state, event, policy),
};

describe('the made-up world', () => {
  for (const [what, machine] of Object.entries(broken)) {
    it(`notices a machine that ${what}`, () => {
      assert.throws(() => {
        for (let seed = 1; seed <= 400; seed++) new World(seed, machine).run();
      });
    });
  }
});
