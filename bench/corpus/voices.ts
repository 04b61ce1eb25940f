// People's voices for the corpus: Flite's from our own packages, espeak-ng's and Festival's where Debian has them.
// What was rendered once is kept in .cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { resample } from '#engine/audio/resampler.ts';
import { fliteSpeak, loadFlite, type FliteVoice } from '#providers/offline/speech/flite.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'corpus');
const FESTIVAL = '/usr/bin/text2wave';
const ESPEAK = '/usr/bin/espeak-ng';
/** Every voice speaks at this level: root mean square of its speech, about -22 dBFS. */
export const SPEECH_LEVEL = 2600;

/** One person's voice. */
export interface Voice {
  readonly name: string;
  readonly render: (texts: readonly string[]) => Int16Array[];
}

const flite = await loadFlite();

const fliteVoice = (name: string, voice: FliteVoice): Voice => ({
  name: `flite-${name}`,
  render: (texts) =>
    texts.map((text) => {
      const { pcm, sampleRateHz } = fliteSpeak(flite, text, voice);
      return resample(pcm, sampleRateHz, SAMPLE_RATE);
    }),
});

const espeakVoice = (variant: string, rate: number, pitch: number): Voice => ({
  name: `espeak-${variant}-${rate}-${pitch}`,
  render: (texts) =>
    texts.map((text) => {
      const made = spawnSync(ESPEAK, ['-v', variant, '-s', String(rate), '-p', String(pitch), '--stdout', text], {
        maxBuffer: 1 << 26,
      });
      return fromWav(made.stdout);
    }),
});

const festivalVoice = (voice: string): Voice => ({
  name: `festival-${voice}`,
  // One start of Festival takes half a second, so it is given everything at once.
  render: (texts) => {
    const dir = mkdtempSync(join(tmpdir(), 'trunkline-festival-'));
    const script = [
      `(voice_${voice})`,
      ...texts.map(
        (text, i) =>
          `(utt.save.wave (utt.synth (Utterance Text ${JSON.stringify(text)})) ${JSON.stringify(join(dir, `${i}.wav`))} 'riff)`,
      ),
    ];
    writeFileSync(join(dir, 'all.scm'), script.join('\n'));
    spawnSync('/usr/bin/festival', ['-b', join(dir, 'all.scm')]);
    const made = texts.map((_, i) => fromWav(readFileSync(join(dir, `${i}.wav`))));
    rmSync(dir, { recursive: true });
    return made;
  },
});

/** Mono 16-bit WAV, whatever other chunks it holds and whatever length its header claims. */
function fromWav(file: Buffer): Int16Array {
  const rate = file.readUInt32LE(24);
  const data = file.indexOf('data') + 8;
  const samples = (file.length - data) >> 1;
  return resample(new Int16Array(Uint8Array.from(file.subarray(data, data + 2 * samples)).buffer), rate, SAMPLE_RATE);
}

/** Everyone who can be had on this machine. */
export function voicesHere(): readonly Voice[] {
  return [
    fliteVoice('slt', { name: 'slt', rate: 1, pitch: null }),
    fliteVoice('slt-low', { name: 'slt', rate: 1.15, pitch: 150 }),
    fliteVoice('rms', { name: 'rms', rate: 1, pitch: null }),
    fliteVoice('rms-quick', { name: 'rms', rate: 1.2, pitch: 125 }),
    fliteVoice('awb', { name: 'awb', rate: 1, pitch: null }),
    fliteVoice('kal', { name: 'kal16', rate: 1, pitch: 110 }),
    ...(existsSync(ESPEAK)
      ? [
          espeakVoice('en-us', 165, 50),
          espeakVoice('en-us+f3', 175, 60),
          espeakVoice('en-gb+m3', 160, 40),
          espeakVoice('en-gb-scotland+f2', 170, 55),
          espeakVoice('en-us+m7', 190, 35),
        ]
      : []),
    ...(existsSync(FESTIVAL)
      ? ['kal_diphone', 'ked_diphone', 'cmu_us_slt_arctic_hts']
          .filter((voice) =>
            existsSync(`/usr/share/festival/voices/${voice.startsWith('cmu') ? 'us' : 'english'}/${voice}`),
          )
          .map(festivalVoice)
      : []),
  ];
}

/** A spoken piece: speech from its first sample to its last. */
export interface Clip {
  readonly text: string;
  readonly pcm: Int16Array;
}

/** Says all of these texts with this voice, from the cache where it can. */
export function say(voice: Voice, texts: readonly string[]): Map<string, Clip> {
  mkdirSync(CACHE, { recursive: true });
  const path = (text: string) =>
    join(CACHE, `${createHash('sha256').update(`1|${voice.name}|${text}`).digest('hex').slice(0, 24)}.raw`);
  const missing = [...new Set(texts)].filter((text) => !existsSync(path(text)));
  if (missing.length > 0)
    for (const [i, pcm] of voice.render(missing).entries())
      writeFileSync(path(missing[i]!), new Uint8Array(levelled(trimmed(pcm)).buffer));
  return new Map(
    texts.map((text) => [text, { text, pcm: new Int16Array(Uint8Array.from(readFileSync(path(text))).buffer) }]),
  );
}

const BLOCK = 80;

/** Without the silence at both ends. */
function trimmed(pcm: Int16Array): Int16Array {
  const loudest = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  const isLoud = (block: number) =>
    pcm.subarray(block * BLOCK, (block + 1) * BLOCK).some((sample) => Math.abs(sample) > loudest * 0.04);
  const blocks = Math.ceil(pcm.length / BLOCK);
  let [first, last] = [0, blocks - 1];
  while (first < last && !isLoud(first)) first++;
  while (last > first && !isLoud(last)) last--;
  return pcm.slice(first * BLOCK, (last + 1) * BLOCK);
}

function levelled(pcm: Int16Array): Int16Array {
  const loud = pcm.filter((sample) => Math.abs(sample) > 100);
  const rms = Math.sqrt(loud.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, loud.length)) || 1;
  return pcm.map((sample) => Math.max(-32768, Math.min(32767, Math.round((sample * SPEECH_LEVEL) / rms))));
}
