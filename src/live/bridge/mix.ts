import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';

const sums = new Int32Array(FRAME_SAMPLES);
const mixed = new Int16Array(FRAME_SAMPLES);

/** Adds linear frames into one mu-law frame; what is too loud is limited. `into` is overwritten. */
export function mixFrames(frames: readonly Int16Array[], into: Uint8Array): void {
  if (frames.length === 1) return void encodeMulaw(frames[0]!, into);
  sums.fill(0);
  for (const frame of frames) for (let i = 0; i < FRAME_SAMPLES; i++) sums[i]! += frame[i]!;
  for (let i = 0; i < FRAME_SAMPLES; i++) mixed[i] = Math.max(-32_768, Math.min(32_767, sums[i]!));
  encodeMulaw(mixed, into);
}
