import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EchoGuard } from '../audio/echo-guard.ts';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from '../audio/format.ts';
import { encodeMulaw } from '../audio/mulaw.ts';
import { periodicity } from '../audio/pitch.ts';
import { Random } from '../../../test/support/random.ts';
import { SpeechDetector } from './speech-detector.ts';

const WINDOW_MS = 32;
const SILENCE_MS = 320;

const vowel = (hz: number) => (i: number) =>
  [1, 2, 3, 4, 5].reduce((sum, n) => sum + (3000 / n) * Math.sin((2 * Math.PI * n * hz * i) / SAMPLE_RATE), 0);

function noise(seed: number): (i: number) => number {
  const random = new Random(seed);
  return () => random.between(-6000, 6000);
}

/** Windows from the onset to the start of speech, each of which voice activity takes for speech, but is not sure. */
function windowsUntilStarted(sound: (i: number) => number, agentSpeaks: boolean): number {
  let [now, startedMs] = [0, Infinity];
  const echo = new EchoGuard();
  const agent = noise(1);
  const detector = new SpeechDetector({ process: () => 0.6, reset: () => undefined }, echo, {
    suspected: () => undefined,
    started: () => (startedMs = Math.min(startedMs, now)),
    sounding: () => undefined,
    ended: () => undefined,
  });
  for (; now < SILENCE_MS + 200; now += FRAME_MS) {
    const frame = Int16Array.from({ length: FRAME_SAMPLES }, (_, i) =>
      now < SILENCE_MS ? 0 : sound(((now - SILENCE_MS) * SAMPLE_RATE) / 1000 + i),
    );
    if (agentSpeaks) echo.played(encodeMulaw(Int16Array.from({ length: FRAME_SAMPLES }, agent)), now);
    detector.push(frame, now + FRAME_MS);
  }
  return Math.ceil((startedMs + FRAME_MS - SILENCE_MS) / WINDOW_MS) - 1;
}

it('a vowel over the agent is found in one window; a noise, and any sound in silence, in two', () => {
  for (const hz of [85, 120, 200, 310]) {
    assert.equal(windowsUntilStarted(vowel(hz), true), 1, `${hz} Hz over the agent`);
    assert.equal(windowsUntilStarted(vowel(hz), false), 2, `${hz} Hz in silence`);
  }
  for (let seed = 2; seed < 12; seed++) assert.equal(windowsUntilStarted(noise(seed), true), 2, 'noise over the agent');
});

it('voices of any pitch are periodic, noise and silence are not', () => {
  for (let hz = 70; hz < 390; hz += 10) {
    const alike = periodicity(Float32Array.from({ length: 1024 }, (_, i) => vowel(hz)(i)));
    assert.ok(alike > 0.95 && alike < 1.001, `${hz} Hz: ${alike}`);
  }
  for (let seed = 0; seed < 50; seed++) {
    const alike = periodicity(Float32Array.from({ length: 1024 }, noise(seed)));
    assert.ok(alike < 0.5, `noise ${seed}: ${alike}`);
  }
  assert.equal(periodicity(new Float32Array(1024)), 0);
});
