/** The one format of the engine's media: 8 kHz mono, mu-law on the line, 20 ms a frame. */
export const SAMPLE_RATE = 8000;
export const FRAME_MS = 20;
export const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** Mu-law of zero. */
export const SILENCE = 0xff;
