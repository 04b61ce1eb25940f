// The corpus: who says what when, on what kind of line, and what should happen. Made by script from seeded chance, so
// that the same machine makes the same corpus; every third case is kept aside from tuning.
import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { Random } from '../../test/support/random.ts';
import { LINES, type Case, type CasePlan, type Line, type Part } from './case.ts';
import { KINDS, type Draft, type Kind, type Speaker } from './kinds.ts';
import * as phrases from './phrases.ts';
import * as sounds from './sounds.ts';
import { say, SPEECH_LEVEL, voicesHere, type Clip, type Voice } from './voices.ts';

const LOOP_MS = 6000;

interface Ambience {
  noise(random: Random, dbBelow: number): Int16Array;
  babble(random: Random): Int16Array;
  television(random: Random): Int16Array;
}

/**
 * Plans `count` cases of each kind for the promised line, and `stated` for each of the others; says everything that is
 * said in them.
 */
export function planCases(count: number, stated: number, kinds: readonly string[] = []): CasePlan[] {
  const voices = voicesHere();
  const makers = KINDS.filter((kind) => kinds.length === 0 || kinds.includes(kind.name));
  const plans = makers.flatMap((kind) =>
    LINES.flatMap((line, l) =>
      Array.from({ length: l === 0 ? count : stated }, (_, n) => ({ kind, line, seed: seedOf(kind.name, line, n), n })),
    ),
  );
  const voiceOf = (seed: number) => new Random(seed ^ 0x5eed).pick(voices);
  // First round: which texts each voice has to say; second: with what it said.
  const texts = new Map<Voice, Set<string>>(voices.map((voice) => [voice, new Set()]));
  for (const { kind, seed, n } of plans)
    drafted(
      kind,
      seed,
      n,
      (text) => (texts.get(voiceOf(seed))!.add(text), { text, pcm: new Int16Array(SAMPLES_PER_MS) }),
    );
  for (const voice of voices) for (const text of phrases.TELEVISION) texts.get(voice)!.add(text);
  const spoken = new Map(voices.map((voice) => [voice, say(voice, [...texts.get(voice)!])]));
  const ambience = ambienceOf(voices, spoken);
  return plans.map(({ kind, line, seed, n }) => {
    const voice = voiceOf(seed);
    return {
      name: `${kind.name} ${n} (${line}, ${voice.name})`,
      kind: kind.name,
      line,
      heldBack: isAside(n),
      build: () => {
        const draft = drafted(kind, seed, n, (text) => spoken.get(voice)!.get(text)!);
        const random = new Random(seed ^ 0xa11ce);
        return {
          agentSays: draft.agentSays,
          agentVoice: random.pick(voices.slice(0, 4)),
          cue: draft.cue,
          seed,
          expected: draft.expected,
          ...onLine(kind.name, line, draft.part, random, ambience),
        };
      },
    };
  });
}

/** Every third case is kept aside, and every third phrase for it. */
const isAside = (n: number) => n % 3 === 2;

function drafted(kind: Kind, seed: number, n: number, speak: Speaker): Draft {
  const random = new Random(seed);
  return kind.make(random, speak, (list) => random.pick(list.filter((_, i) => isAside(i) === isAside(n))));
}

function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 2166136261;
  for (const char of parts.join('|')) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619);
  return hash >>> 0;
}

function ambienceOf(voices: readonly Voice[], spoken: ReadonlyMap<Voice, ReadonlyMap<string, Clip>>): Ambience {
  const speech = (random: Random) => spoken.get(random.pick(voices))!.get(random.pick(phrases.TELEVISION))!.pcm;
  return {
    noise: (random, dbBelow) => {
      const next = sounds.whiteNoise(random);
      const level = SPEECH_LEVEL * 10 ** (-dbBelow / 20);
      return Int16Array.from({ length: LOOP_MS * SAMPLES_PER_MS }, () => sounds.clipped(next() * level));
    },
    babble: (random) => {
      const loop = sounds.silence(LOOP_MS);
      for (let talker = 0; talker < 7; talker++)
        for (let atMs = -random.between(0, 2000); atMs < LOOP_MS;) {
          const pcm = speech(random);
          sounds.mixIn(loop, pcm, atMs, 10 ** (-10 / 20) / Math.sqrt(7));
          atMs += pcm.length / SAMPLES_PER_MS + 100;
        }
      return loop;
    },
    television: (random) => {
      const pieces = Array.from({ length: 3 }, () => [speech(random), sounds.silence(random.between(150, 700))]).flat();
      return sounds.amplified(sounds.join(...pieces), 10 ** (-random.between(12, 20) / 20));
    },
  };
}

/** Puts the caller's part on one of many lines of its kind. */
function onLine(
  kind: string,
  line: Line,
  part: Part,
  random: Random,
  make: Ambience,
): Pick<Case, 'audio' | 'words' | 'endMs' | 'ambience' | 'echo' | 'packetLoss'> {
  const echoAlone = kind === 'own echo alone';
  const echo =
    echoAlone || random.chance(0.4)
      ? { gain: 10 ** (-random.between(20, 30) / 20), delayMs: random.between(30, 450) }
      : null;
  const base = { words: part.words, endMs: part.endMs, echo, packetLoss: 0 };
  if (line === '10 dB') return { ...base, audio: part.audio, ambience: make.noise(random, 10) };
  if (line === 'babble') return { ...base, audio: part.audio, ambience: make.babble(random) };
  if (line === 'television') return { ...base, audio: part.audio, ambience: make.television(random) };
  switch (random.pick(['clean', '30 dB', '20 dB', 'clipped', 'loss'] as const)) {
    case 'clean':
      return { ...base, audio: part.audio, ambience: null };
    case '30 dB':
      return { ...base, audio: part.audio, ambience: make.noise(random, 30) };
    case '20 dB':
      return { ...base, audio: part.audio, ambience: make.noise(random, 20) };
    case 'clipped': {
      const top = SPEECH_LEVEL * 1.5;
      return {
        ...base,
        audio: part.audio.map((sample) => Math.max(-top, Math.min(top, sample * 2))),
        ambience: make.noise(random, 40),
      };
    }
    case 'loss':
      return {
        ...base,
        audio: part.audio,
        ambience: make.noise(random, 40),
        packetLoss: random.pick([0.01, 0.02, 0.03]),
      };
  }
}
