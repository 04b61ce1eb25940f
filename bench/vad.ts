// Voice activity judged by signal-to-noise ratio: npm run eval -- and this, npm run vad. Frames of 32 ms of spoken
// sentences in white noise; the truth is the level of the clean signal. Hits: speech that was found; false alarms:
// silence taken for speech. The energy gate is what a line without any network would have.
import type { VoiceActivityStream } from '#engine/contracts/voice-activity.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { Random } from '../test/support/random.ts';
import * as phrases from './corpus/phrases.ts';
import * as sounds from './corpus/sounds.ts';
import { say, SPEECH_LEVEL, voicesHere } from './corpus/voices.ts';
import { table } from './eval/tables.ts';

const WINDOW = 256;
const RATIOS_DB = [40, 20, 10, 5];
/** A window of the clean signal counts as speech this far below the voice's level, and as silence this far. */
const SPEECH_DB = -20;
const SILENCE_DB = -45;
const ON = 0.5;

/** Three times the quietest of the last two seconds. */
function energyGate(): VoiceActivityStream {
  const levels: number[] = [];
  return {
    process: (window) => {
      const level = window.reduce((sum, sample) => sum + Math.abs(sample), 0) / window.length;
      levels.push(level);
      if (levels.length > 62) levels.shift();
      return level > Math.max(40, 3 * Math.min(...levels)) ? 1 : 0;
    },
    reset: () => undefined,
  };
}

const detectors: readonly { readonly name: string; readonly open: () => VoiceActivityStream }[] = [
  { name: 'energy gate', open: energyGate },
  { name: 'Silero v5', open: () => makeSilero('v5').open() },
  { name: 'Silero v6', open: () => makeSilero('v6').open() },
];

const rms = (window: Int16Array) => Math.sqrt(window.reduce((sum, sample) => sum + sample * sample, 0) / window.length);
const rows: string[][] = [];
for (const { name, open } of detectors) {
  const cells = [name];
  for (const ratio of RATIOS_DB) {
    let [speech, hits, silence, alarms, onsetMs, onsets] = [0, 0, 0, 0, 0, 0];
    for (const [v, voice] of voicesHere().entries()) {
      const random = new Random(v + 1);
      const stream = open();
      const said = say(voice, phrases.SENTENCES);
      for (const text of phrases.SENTENCES) {
        const clip = said.get(text)!.pcm;
        const clean = sounds.join(sounds.silence(random.between(900, 1400)), clip, sounds.silence(700));
        const noise = sounds.whiteNoise(random);
        const line = decodeMulaw(
          encodeMulaw(clean.map((sample) => sounds.clipped(sample + noise() * SPEECH_LEVEL * 10 ** (-ratio / 20)))),
        );
        const begins = (clean.length - clip.length) / SAMPLES_PER_MS - 700;
        let found = false;
        for (let at = 0; at + WINDOW <= line.length; at += WINDOW) {
          const positive = stream.process(line.slice(at, at + WINDOW)) >= ON;
          const level = 20 * Math.log10(Math.max(1, rms(clean.subarray(at, at + WINDOW))) / SPEECH_LEVEL);
          if (level > SPEECH_DB) [speech, hits] = [speech + 1, hits + (positive ? 1 : 0)];
          else if (level < SILENCE_DB) [silence, alarms] = [silence + 1, alarms + (positive ? 1 : 0)];
          if (!positive || found || (at + WINDOW) / SAMPLES_PER_MS < begins) continue;
          found = true;
          onsets++;
          onsetMs += (at + WINDOW) / SAMPLES_PER_MS - begins;
        }
      }
    }
    cells.push(
      `${((100 * hits) / speech).toFixed(1)} / ${((100 * alarms) / silence).toFixed(1)} %, ${(onsetMs / onsets).toFixed(0)} ms`,
    );
  }
  rows.push(cells);
}
table(['hits / false alarms, first positive', ...RATIOS_DB.map((ratio) => `${ratio} dB`)], rows);
