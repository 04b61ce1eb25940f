import { SAMPLE_RATE } from './format.ts';

const LONGEST = Math.floor(SAMPLE_RATE / 60);
const SHORTEST = SAMPLE_RATE / 400;
/** Samples that are compared with those a period before. */
const COMPARED = 160;

/** How alike the end of this audio is to that one period of a human voice before: 1 is the same, noise is below 0.5. */
export function periodicity(audio: Float32Array): number {
  const from = audio.length - COMPARED;
  let total = 0;
  for (let i = from; i < audio.length; i++) total += audio[i]! ** 2;
  let [before, most] = [0, 0];
  for (let i = from - SHORTEST; i < audio.length - SHORTEST; i++) before += audio[i]! ** 2;
  for (let lag = SHORTEST; lag <= LONGEST; lag++) {
    let product = 0;
    for (let i = from; i < audio.length; i++) product += audio[i]! * audio[i - lag]!;
    most = Math.max(most, product / Math.sqrt(total * before + 1));
    before += audio[from - lag - 1]! ** 2 - audio[audio.length - lag - 1]! ** 2;
  }
  return most;
}
