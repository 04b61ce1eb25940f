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

type Sound = (i: number) => number;

const vowel =
  (hz: number): Sound =>
  (i) =>
    [1, 2, 3, 4, 5].reduce((sum, n) => sum + (3000 / n) * Math.sin((2 * Math.PI * n * hz * i) / SAMPLE_RATE), 0);

function noise(seed: number): Sound {
  const random = new Random(seed);
  return () => random.between(-6000, 6000);
}

interface Started {
  /** From the onset of the sound until speech was found. */
  readonly afterMs: number;
  /** The onset that was found, from that of the sound on. */
  readonly onsetMs: number;
}

/** When a sound is taken for speech, if it is. Voice activity takes each window for speech, but is not sure. */
function start(sound: Sound, agent: Sound | null, onsetMs = SILENCE_MS): Started | null {
  let now = 0;
  let started: Started | null = null;
  const echo = new EchoGuard();
  const unsure = { process: () => 0.6, reset: () => undefined };
  const detector = new SpeechDetector(() => unsure, unsure, echo, {
    suspected: () => undefined,
    started: (foundMs) => (started ??= { afterMs: now + FRAME_MS - onsetMs, onsetMs: foundMs - onsetMs }),
    sounding: () => undefined,
    ended: () => undefined,
  });
  for (; now < onsetMs + 200; now += FRAME_MS) {
    const from = (now * SAMPLE_RATE) / 1000;
    const first = (onsetMs * SAMPLE_RATE) / 1000;
    const frame = Int16Array.from({ length: FRAME_SAMPLES }, (_, i) =>
      from + i < first ? 0 : sound(from + i - first),
    );
    if (agent) echo.played(encodeMulaw(Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => agent(from + i))), now);
    detector.push(frame, now + FRAME_MS);
  }
  return started;
}

const windowsUntilStarted = (sound: Sound, agentSpeaks: boolean): number =>
  Math.max(1, Math.ceil(start(sound, agentSpeaks ? noise(1) : null)!.afterMs / WINDOW_MS) - 1);

it('a vowel over the agent is found in one window; a noise, and any sound in silence, in two', () => {
  for (const hz of [85, 120, 200, 310]) {
    assert.equal(windowsUntilStarted(vowel(hz), true), 1, `${hz} Hz over the agent`);
    assert.equal(windowsUntilStarted(vowel(hz), false), 2, `${hz} Hz in silence`);
  }
  for (let seed = 2; seed < 12; seed++) assert.equal(windowsUntilStarted(noise(seed), true), 2, 'noise over the agent');
});

it('a vowel over the agent is found half a window later at the latest, wherever in a window it begins', () => {
  for (const hz of [85, 120, 200, 310])
    for (let ms = 0; ms < 5 * WINDOW_MS; ms++) {
      const { afterMs, onsetMs } = start(vowel(hz), noise(1), SILENCE_MS + ms)!;
      const what = `${hz} Hz, ${ms} ms into the windows: found after ${afterMs} ms, from ${onsetMs} ms on`;
      assert.ok(afterMs > 0 && afterMs <= 1.5 * WINDOW_MS + FRAME_MS, what);
      assert.ok(onsetMs > -WINDOW_MS && onsetMs <= WINDOW_MS / 2, what);
    }
});

it('its echo, a key and a faint vowel over the agent are no speech, wherever they begin', () => {
  const agent = vowel(140);
  const key = (i: number) =>
    [770, 1336].reduce((sum, hz) => sum + 5000 * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE), 0);
  for (let ms = 0; ms < WINDOW_MS; ms++) {
    const onset = SILENCE_MS + ms;
    const echo = (i: number) => 0.3 * agent(i + ((onset - 60) * SAMPLE_RATE) / 1000);
    assert.equal(start(echo, agent, onset), null, `echo, ${ms} ms into the windows`);
    assert.equal(start(key, noise(1), onset), null, `a key, ${ms} ms into the windows`);
    assert.equal(
      start((i) => vowel(140)(i) / 8, noise(1), onset),
      null,
      `a faint vowel, ${ms} ms into the windows`,
    );
  }
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
