import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { holdMusic } from './music.ts';

const decibels = (value: number) => 20 * Math.log10(value / 32_768);
const rms = (pcm: Int16Array) => Math.sqrt(pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length);

it('hold music is quieter than speech, never silent, and repeats without a click', () => {
  const pcm = decodeMulaw(holdMusic());
  const level = decibels(rms(pcm));
  assert.ok(level > -32 && level < -22, `${level} dBFS`);
  const peak = decibels(pcm.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  assert.ok(peak < -10, `peak ${peak} dBFS`);
  for (let at = 0; at < pcm.length; at += SAMPLE_RATE)
    assert.ok(decibels(rms(pcm.subarray(at, at + SAMPLE_RATE))) > -45, `silent at ${at / SAMPLE_RATE} s`);
  const steps = pcm.map((value, i) => Math.abs(value - pcm[(i + pcm.length - 1) % pcm.length]!));
  const largest = steps.reduce((most, step) => Math.max(most, step), 0);
  assert.ok(steps[0]! <= largest / 2, `a step of ${steps[0]} where the loop begins again, at most ${largest} within`);
});
