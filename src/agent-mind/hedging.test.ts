import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { UsageMeter } from '#live/usage-meter.ts';
import { Random } from '../../test/support/random.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { Hedging } from './hedging.ts';

const REQUEST: ModelRequest = {
  prompt: 'p'.repeat(400),
  model: 'm',
  messages: [{ role: 'caller', text: 'hello' }],
  tools: [],
  mayHedge: true,
  working: () => () => undefined,
};
const INPUT_TOKENS = Math.ceil((400 + 5) / 4);

/** How one request goes: its delay, and the parts with the time after the one before. */
interface Plan {
  readonly delayMs: number;
  readonly parts: readonly (readonly [afterMs: number, part: ModelPart])[];
}

/** A model whose requests go as planned; it knows which of them run. */
class PlannedModel implements LanguageModel {
  readonly id = 'planned';
  readonly cancels = true;
  readonly plan: (request: number) => Plan;
  readonly #clock: VirtualClock;
  asked = 0;
  running = new Set<number>();

  constructor(clock: VirtualClock, plan: (request: number) => Plan) {
    this.#clock = clock;
    this.plan = plan;
  }

  generate(_request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    const number = this.asked++;
    this.running.add(number);
    const { delayMs, parts } = this.plan(number);
    let cancel = () => {};
    const next = (at: number, waitMs: number): void => {
      const [, part] = parts[at]!;
      cancel = this.#clock.at(this.#clock.nowMs() + waitMs, () => {
        if (part.type === 'done' || part.type === 'error') this.running.delete(number);
        else next(at + 1, parts[at + 1]![0]);
        onPart(part);
      });
    };
    next(0, delayMs);
    return { abort: () => (this.running.delete(number), cancel()) };
  }
}

const says = (text: string, delayMs: number): Plan => ({
  delayMs,
  parts: [
    [0, { type: 'text', text }],
    [100, { type: 'done', usage: { inputTokens: 100, outputTokens: 10 } }],
  ],
});

function scene(plan: (request: number) => Plan, share = 0.25) {
  const clock = new VirtualClock();
  const model = new PlannedModel(clock, plan);
  const meter = new UsageMeter({ changed: () => undefined, failed: () => undefined });
  const [metered] = meter.models([model]);
  const hedged = new Hedging(share).model(metered!, clock);
  const ask = (request: ModelRequest = REQUEST) => {
    const parts: ModelPart[] = [];
    const run = hedged.generate(request, (part) => parts.push(part));
    return { parts, run };
  };
  /** Answers after 100 ms, until a limit is known and a second request allowed. */
  const learn = () => {
    for (let i = 0; i < 20; i++) {
      ask();
      clock.advanceAtOnce(1000);
    }
    meter.take();
  };
  return { clock, model, meter, ask, learn };
}

const tokens = (meter: UsageMeter) =>
  Object.fromEntries(meter.take().map(({ unit, units }) => [unit, units])) as Record<string, number>;

describe('a second request for a late answer', () => {
  it('is sent once the first is later than usual, and the one that speaks first is the answer', () => {
    const { clock, model, meter, ask, learn } = scene((n) =>
      n < 20 ? says('learned', 100) : says(n === 20 ? 'first' : 'second', n === 20 ? 2000 : 150),
    );
    learn();
    const { parts } = ask();
    clock.advanceAtOnce(99);
    assert.equal(model.asked, 21);
    clock.advanceAtOnce(5000);
    assert.equal(model.asked, 22);
    assert.deepEqual(
      parts.map((part) => part.type),
      ['text', 'done'],
    );
    assert.deepEqual(parts[0], { type: 'text', text: 'second' });
    assert.equal(model.running.size, 0, 'the first was cancelled');
    // The vendor's own count for the answer, and an estimate for what was cancelled.
    assert.deepEqual(tokens(meter), { 'input-tokens': 100 + INPUT_TOKENS, 'output-tokens': 10 });
  });

  it('is not sent for a model that cannot be cancelled, for a second run of a turn, or with the share 0', () => {
    const slow = (n: number) => says('x', n < 20 ? 100 : 3000);
    for (const [request, share] of [
      [{ ...REQUEST, mayHedge: false }, 0.25],
      [REQUEST, 0],
    ] as const) {
      const { clock, model, ask, learn } = scene(slow, share);
      learn();
      ask(request);
      clock.advanceAtOnce(5000);
      assert.equal(model.asked, 21);
    }
    const clock = new VirtualClock();
    const ours = Object.assign(new PlannedModel(clock, slow), { cancels: false });
    assert.equal(new Hedging(0.25).model(ours, clock), ours);
  });

  it('keeps the first answer where the second request fails, and takes the second where the first does', () => {
    const fails = (delayMs: number): Plan => ({ delayMs, parts: [[0, { type: 'error', message: 'no' }]] });
    for (const failing of [20, 21]) {
      const { clock, ask, learn } = scene((n) =>
        n < 20 ? says('learned', 100) : n === failing ? fails(500) : says('answer', 900),
      );
      learn();
      const { parts } = ask();
      clock.advanceAtOnce(5000);
      assert.deepEqual(
        parts.map((part) => part.type),
        ['text', 'done'],
      );
    }
    const { clock, ask, learn } = scene((n) => (n < 20 ? says('learned', 100) : fails(500)));
    learn();
    const { parts } = ask();
    clock.advanceAtOnce(5000);
    assert.deepEqual(parts, [{ type: 'error', message: 'no' }]);
  });

  it('leaves one answer, one sum of usage and no tool twice, whatever happens in whatever order', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const random = new Random(seed);
      const made = new Map<number, Plan>();
      const share = random.pick([0.1, 0.25, 0.5]);
      const { clock, model, meter, ask } = scene((n) => {
        const plan = made.get(n) ?? madeUp(random, n);
        made.set(n, plan);
        return plan;
      }, share);
      let turns = 0;
      for (; turns < 40; turns++) {
        const before = model.asked;
        const { parts, run } = ask();
        const abortsAtMs = random.chance(0.15) ? random.between(0, 1500) : null;
        if (abortsAtMs !== null) {
          clock.advanceAtOnce(abortsAtMs);
          const had = parts.length;
          run.abort();
          clock.advanceAtOnce(10_000);
          assert.equal(parts.length, had, `seed ${seed}: a part after the end`);
        } else {
          clock.advanceAtOnce(10_000);
          const ends = parts.filter((part) => part.type === 'done' || part.type === 'error');
          assert.equal(ends.length, 1, `seed ${seed}: ${ends.length} ends`);
          assert.equal(parts.at(-1), ends[0]);
        }
        const asked = model.asked - before;
        assert.ok(asked <= 2, `seed ${seed}: asked ${asked} times`);
        assert.equal(model.running.size, 0, `seed ${seed}: a request still runs`);
        // Every part names the request that it came from: all of one answer come from one.
        const from = new Set(parts.flatMap(requestOf));
        assert.ok(from.size <= 1, `seed ${seed}: parts of ${from.size} requests`);
        const tools = parts.filter((part) => part.type === 'tool-call');
        assert.ok(tools.length <= 1, `seed ${seed}: a tool was called twice`);
        const used = tokens(meter)['input-tokens'] ?? 0;
        const failed = [...Array(asked).keys()].filter((i) => made.get(before + i)!.parts.at(-1)![1].type === 'error');
        // Each request counts once, unless it failed at the vendor.
        const least = (asked - failed.length) * INPUT_TOKENS;
        assert.ok(used >= least && used <= asked * INPUT_TOKENS, `seed ${seed}: ${used} tokens for ${asked} requests`);
      }
      assert.ok(model.asked - turns <= share * turns + 1e-9, `seed ${seed}: ${model.asked - turns} of ${turns}`);
    }
  });
});

const requestOf = (part: ModelPart): number[] =>
  part.type === 'text' || part.type === 'tool-call'
    ? [Number(/\d+/.exec(part.type === 'text' ? part.text : part.name)![0])]
    : [];

function madeUp(random: Random, n: number): Plan {
  const late = random.chance(0.3) ? random.between(500, 3000) : random.between(50, 300);
  const parts: [number, ModelPart][] = [];
  if (random.chance(0.2)) parts.push([0, { type: 'dialogue', phase: 'DISCOVERY', expects: 'open', phrases: [] }]);
  if (random.chance(0.9)) parts.push([random.between(0, 50), { type: 'text', text: `${n} words.` }]);
  if (random.chance(0.4)) parts.push([random.between(0, 50), { type: 'tool-call', name: `tool${n}`, args: {} }]);
  parts.push([
    random.between(0, 300),
    random.chance(0.15)
      ? { type: 'error', message: 'broke off' }
      : { type: 'done', usage: { inputTokens: INPUT_TOKENS, outputTokens: 1 } },
  ]);
  return { delayMs: late, parts };
}
