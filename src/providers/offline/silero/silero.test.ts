import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSilero } from './silero.ts';

/** A window of a voice-like sound: harmonics of a gliding pitch under a slow envelope, with some noise. */
function soundOf(index: number, pitchHz = 140): Int16Array {
  let seed = index + 1;
  return Int16Array.from({ length: 256 }, (_, i) => {
    const t = (index * 256 + i) / 8000;
    const envelope = Math.max(0, Math.sin(2 * Math.PI * 1.7 * t));
    let sum = 0;
    for (let h = 1; h <= 12; h++) sum += Math.sin(2 * Math.PI * h * (pitchHz + 20 * Math.sin(t * 3)) * t) / h;
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.round(3000 * envelope * sum + (seed / 2 ** 31 - 0.5) * 60);
  });
}

/** Made by a plain computation of the network, window by window, to five places. */
const PROBABILITIES = {
  v5: [
    0.33201, 0.72809, 0.70102, 0.56133, 0.24885, 0.12953, 0.08544, 0.0866, 0.36434, 0.14455, 0.26715, 0.2115, 0.13984,
    0.09398, 0.06635, 0.04661, 0.02852, 0.01821, 0.08309, 0.6161, 0.67536, 0.57673, 0.57018, 0.5356,
  ],
  v6: [
    0.29002, 0.37919, 0.35514, 0.11831, 0.0309, 0.03547, 0.04378, 0.06752, 0.27406, 0.40026, 0.17641, 0.07433, 0.03368,
    0.0185, 0.0108, 0.00747, 0.00666, 0.00591, 0.11073, 0.17461, 0.09902, 0.07326, 0.03318, 0.0264,
  ],
};

describe('Silero voice activity', () => {
  for (const version of ['v5', 'v6'] as const)
    it(`rates a sound as a plain computation does: ${version}`, () => {
      const stream = makeSilero(version).open();
      const rated = PROBABILITIES[version].map((_, i) => stream.process(soundOf(i)));
      for (const [i, expected] of PROBABILITIES[version].entries())
        assert.ok(Math.abs(rated[i]! - expected) < 1e-4, `window ${i}: ${rated[i]} and ${expected}`);
    });

  const silero = makeSilero();
  /** 37 streams with voices of their own, each after some windows. */
  const several = () =>
    Array.from({ length: 37 }, (_, n) => {
      const stream = silero.open();
      const sound = (i: number) => soundOf(i, 90 + 5 * n);
      for (let i = 0; i < n % 5; i++) stream.process(sound(i));
      return { stream, sound, at: n % 5 };
    });

  it('answers the same to windows that were foreseen, for any number of streams at once', () => {
    const [alone, together] = [several(), several()];
    for (let round = 0; round < 12; round++) {
      const some = together.slice(0, 1 + ((round * 7) % 37));
      silero.foresee!(some.map(({ stream, sound, at }) => ({ stream, window: sound(at + round) })));
      for (const [n, { stream, sound, at }] of together.entries()) {
        const [answer, expected] = [stream.process(sound(at + round)), alone[n]!.stream.process(sound(at + round))];
        assert.ok(Math.abs(answer - expected) < 1e-5, `stream ${n}, round ${round}: ${answer} and ${expected}`);
      }
    }
  });

  it('forgets what it foresaw when another window comes, or after a reset', () => {
    const [plain, other, reset] = [silero.open(), silero.open(), silero.open()];
    for (const one of [plain, other, reset]) for (let i = 0; i < 9; i++) one.process(soundOf(i));
    silero.foresee!([
      { stream: other, window: soundOf(20) },
      { stream: reset, window: soundOf(9) },
    ]);
    reset.reset();
    assert.equal(reset.process(soundOf(9)), silero.open().process(soundOf(9)));
    assert.equal(other.process(soundOf(9)), plain.process(soundOf(9)));
    assert.equal(other.process(soundOf(10)), plain.process(soundOf(10)));
  });
});
