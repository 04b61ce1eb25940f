import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../test/support/random.ts';
import { ECHO_WINDOW, EchoGuard } from './echo-guard.ts';
import { encodeMulaw } from './mulaw.ts';

/** Sounds like a voice: a buzz with a wandering pitch, in syllables. */
function voice(seconds: number, pitch: number): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: seconds * 8000 }, (_, i) => {
    phase += (pitch * (1 + 0.2 * Math.sin(i / 2100))) / 8000;
    const syllable = Math.max(0, Math.sin(i / 600));
    return Math.round(
      6000 *
        syllable *
        (Math.sin(2 * Math.PI * phase) + 0.6 * Math.sin(6 * Math.PI * phase) + 0.4 * Math.sin(10 * Math.PI * phase)),
    );
  });
}

const buzz = voice(3, 120);

/** The agent has spoken from 0 on, and it is now `nowMs`; the line brings its echo back, and whatever else. */
function judge(
  nowMs: number,
  echo: { gain: number; delayMs: number },
  other: (sample: number) => number = () => 0,
  noise = 4,
  agent = buzz,
): boolean {
  const guard = new EchoGuard();
  for (let at = 0; at < nowMs; at += 20) guard.played(encodeMulaw(agent.subarray(at * 8, (at + 20) * 8)), at);
  const end = nowMs * 8;
  const heard = Float32Array.from({ length: ECHO_WINDOW }, (_, i) => {
    const sample = end - ECHO_WINDOW + i;
    return (agent[sample - echo.delayMs * 8] ?? 0) * echo.gain + other(sample);
  });
  return guard.explains(heard, nowMs, noise);
}

describe('the echo guard', () => {
  for (const [db, delayMs] of [
    [-12, 40],
    [-20, 137],
    [-20, 460],
    [-30, 250],
  ] as const) {
    it(`knows the agent's voice at ${db} dB after ${delayMs} ms`, () =>
      assert.ok(judge(1500, { gain: 10 ** (db / 20), delayMs })));
  }

  it('knows it after any delay, in sounds that match at no other', () => {
    const random = new Random(3);
    let low = 0;
    const breath = Int16Array.from({ length: 24_000 }, () => (low += (random.next() - 0.5) * 9000 - low * 0.3));
    for (let delay = 300; delay < 5600; delay += 37)
      assert.ok(
        judge(2000, { gain: 0.05, delayMs: delay / 8 }, () => 0, 4, breath),
        `${delay} samples`,
      );
  });

  it('knows it under noise as loud as itself', () => {
    let seed = 7;
    const noise = () => (((seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 8) % 1200) - 600;
    assert.ok(judge(1500, { gain: 0.1, delayMs: 200 }, noise, 600 ** 2 / 3));
  });

  it('lets a caller through, over the echo and without one', () => {
    const caller = voice(3, 210);
    assert.ok(!judge(1500, { gain: 0.1, delayMs: 200 }, (sample) => caller[sample - 2000] ?? 0));
    assert.ok(!judge(1500, { gain: 0, delayMs: 200 }, (sample) => caller[sample - 2000]! * 0.2));
  });

  it('takes nothing as loud as the agent for an echo', () => assert.ok(!judge(1500, { gain: 0.8, delayMs: 200 })));

  it('says nothing of a line on which the agent was silent, or was cut long ago', () => {
    const caller = Float32Array.from({ length: ECHO_WINDOW }, (_, i) => buzz[8000 + i]! * 0.1);
    assert.ok(!new EchoGuard().explains(caller, 1500, 4));
    const guard = new EchoGuard();
    for (let at = 0; at < 1500; at += 20) guard.played(encodeMulaw(buzz.subarray(at * 8, (at + 20) * 8)), at);
    guard.cut(100);
    assert.ok(!guard.explains(caller, 1500, 4));
  });
});
