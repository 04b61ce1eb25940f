// The corpus: who says what when, on what kind of line, and what should happen. Made by script from seeded chance, so
// that the same machine makes the same corpus; every third case is kept aside from tuning.
import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { tone } from '#engine/audio/tone.ts';
import { Random } from '../../test/support/random.ts';
import * as phrases from './phrases.ts';
import * as sounds from './sounds.ts';
import { say, SPEECH_LEVEL, voicesHere, type Clip, type Voice } from './voices.ts';

export const LINES = ['clean to 20 dB', '10 dB', 'babble', 'television'] as const;
/** What kind of line: the first is what the figures are promised for, the others are stated. */
export type Line = (typeof LINES)[number];

/** When the caller's part begins. */
export type Cue = { readonly after: 'answer' | 'agent-starts' | 'agent-ends'; readonly ms: number };

/** A word of the caller's, from the beginning of their part. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

export type Expected =
  /** During the agent's speech: is it an interruption? */
  | { readonly kind: 'stop' | 'no-stop' }
  /** The caller's turn: answered once, after its end. */
  | { readonly kind: 'turn' }
  /** Who answered; a message is left after `fromMs` of the caller's part. */
  | { readonly kind: 'human' | 'machine' | 'talk'; readonly fromMs: number };

/** A case by name; its audio is made when it is wanted, since all of it together would not fit into memory. */
export interface CasePlan {
  readonly name: string;
  readonly kind: string;
  readonly line: Line;
  readonly heldBack: boolean;
  readonly build: () => Case;
}

export interface Case {
  readonly agentSays: string;
  readonly agentVoice: Voice;
  readonly cue: Cue;
  readonly audio: Int16Array;
  readonly words: readonly TimedWord[];
  /** Last sample of what was said or sounded, ms from the beginning of the caller's part. */
  readonly endMs: number;
  /** Under the whole call, looped. */
  readonly ambience: Int16Array | null;
  readonly echo: { readonly gain: number; readonly delayMs: number } | null;
  readonly packetLoss: number;
  readonly seed: number;
  readonly expected: Expected;
}

/** The caller's part: audio, and the words in it. */
interface Part {
  readonly audio: Int16Array;
  readonly words: readonly TimedWord[];
  readonly endMs: number;
}

/** Words of a clip, spread over it by length: near enough to say when a recogniser may know them. */
function wordsOf(clip: Clip, fromMs: number): TimedWord[] {
  const words = clip.text.replace(/[?]/g, '').split(/\s+/).filter(Boolean);
  const total = words.reduce((sum, word) => sum + word.length + 1, 0);
  const lengthMs = clip.pcm.length / SAMPLES_PER_MS;
  let past = 0;
  return words.map((text) => {
    const startMs = fromMs + (lengthMs * past) / total;
    past += text.length + 1;
    return { text, startMs, endMs: fromMs + (lengthMs * past) / total };
  });
}

/** Pieces with pauses between them. */
function inPieces(clips: readonly Clip[], pauseMs: () => number): Part {
  const words: TimedWord[] = [];
  const pieces: Int16Array[] = [];
  let atMs = 0;
  for (const [i, clip] of clips.entries()) {
    if (i > 0) {
      const pause = pauseMs();
      pieces.push(sounds.silence(pause));
      atMs += pause;
    }
    words.push(...wordsOf(clip, atMs));
    pieces.push(clip.pcm);
    atMs += clip.pcm.length / SAMPLES_PER_MS;
  }
  return { audio: sounds.join(...pieces), words, endMs: atMs };
}

const sound = (audio: Int16Array): Part => ({ audio, words: [], endMs: audio.length / SAMPLES_PER_MS });

function hummed(random: Random): Part {
  const { audio, endMs } = sound(sounds.hum(random));
  return { audio, endMs, words: random.chance(0.7) ? [{ text: 'mm-hm', startMs: 0, endMs }] : [] };
}

interface Draft {
  readonly part: Part;
  readonly cue: Cue;
  readonly agentSays: string;
  readonly expected: Expected;
}

/** What one person says: all of it is rendered at once. */
type Speaker = (text: string) => Clip;
/** One of a list; what is kept aside from tuning has phrases of its own. */
type Picker = (list: readonly string[]) => string;
type Kind = { readonly name: string; readonly make: (random: Random, speak: Speaker, pick: Picker) => Draft };

const during = (random: Random): Cue => ({ after: 'agent-starts', ms: random.between(1200, 5000) });
const reply = (random: Random): Cue => ({ after: 'agent-ends', ms: random.between(250, 1400) });
const answered = (random: Random): Cue => ({ after: 'answer', ms: random.between(250, 1200) });
const talk = (random: Random) => random.pick(phrases.AGENT_TALKS);

function greeting(random: Random, speak: Speaker, text: string, leastMs = 350, mostMs = 900): Part {
  return inPieces(
    text.split(' | ').map((piece) => speak(piece)),
    () => random.between(leastMs, mostMs),
  );
}

const DURING: readonly Kind[] = [
  {
    name: 'stop words',
    make: (random, speak, pick) => ({
      part: inPieces([speak(pick(phrases.STOPS))], () => 0),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'stop' },
    }),
  },
  {
    name: 'questions and objections',
    make: (random, speak, pick) => ({
      part: inPieces([speak(pick(phrases.INTERRUPTING))], () => 0),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'stop' },
    }),
  },
  {
    name: 'both at once',
    make: (random, speak, pick) => ({
      part: inPieces([speak(pick([...phrases.INTERRUPTING, ...phrases.SENTENCES]))], () => 0),
      cue: { after: 'agent-starts', ms: random.between(-300, 300) },
      agentSays: talk(random),
      expected: { kind: 'stop' },
    }),
  },
  {
    name: 'backchannels',
    make: (random, speak, pick) => ({
      part: random.chance(0.3) ? hummed(random) : inPieces([speak(pick(phrases.BACKCHANNELS))], () => 0),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'no-stop' },
    }),
  },
  {
    name: 'coughs',
    make: (random) => ({
      part: sound(sounds.cough(random)),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'no-stop' },
    }),
  },
  {
    name: 'knocks',
    make: (random) => ({
      part: sound(sounds.knock(random)),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'no-stop' },
    }),
  },
  {
    name: 'tones of keys',
    make: (random) => ({
      part: sound(
        sounds.join(
          ...Array.from({ length: random.between(1, 4) }, () =>
            sounds.join(sounds.dtmf(random), sounds.silence(random.between(60, 300))),
          ),
        ),
      ),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'no-stop' },
    }),
  },
  {
    name: 'own echo alone',
    make: (random) => ({
      part: sound(sounds.silence(200)),
      cue: during(random),
      agentSays: talk(random),
      expected: { kind: 'no-stop' },
    }),
  },
];

/** Numbers as people say them: groups of digits with pauses in which they look them up. */
function number(random: Random, speak: Speaker): Part {
  const groups = random.pick([
    [3, 3, 4],
    [3, 4],
    [2, 2, 2, 2],
    [4, 4],
    [3, 3, 2, 2],
    [5, 3],
  ]);
  const said = groups.map((size) =>
    speak(Array.from({ length: size }, () => phrases.digitWord(random.below(10))).join(' ')),
  );
  return inPieces(
    random.chance(0.3)
      ? [speak(random.pick(['it is', 'my number is', 'sure that is', 'yes the number is'])), ...said]
      : said,
    () => random.between(300, 1000),
  );
}

function spelling(random: Random, speak: Speaker, pick: Picker): Part {
  const letters = [...pick(phrases.SPELLED)];
  const pieces: string[] = [];
  while (letters.length > 0) pieces.push(letters.splice(0, random.between(1, 3)).join(' '));
  return inPieces(
    pieces.map((piece) => speak(piece)),
    () => random.between(250, 900),
  );
}

const TURNS: readonly Kind[] = [
  {
    name: 'whole sentences',
    make: (random, speak, pick) => ({
      part: inPieces([speak(pick(phrases.SENTENCES))], () => 0),
      cue: reply(random),
      agentSays: random.pick(phrases.AGENT_ASKS.open),
      expected: { kind: 'turn' },
    }),
  },
  {
    name: 'hesitation',
    make: (random, speak, pick) => ({
      part: inPieces(
        pick(phrases.HESITATIONS)
          .split(' / ')
          .map((piece) => speak(piece)),
        () => random.between(350, 1300),
      ),
      cue: reply(random),
      agentSays: random.pick(phrases.AGENT_ASKS.open),
      expected: { kind: 'turn' },
    }),
  },
  {
    name: 'numbers',
    make: (random, speak) => ({
      part: number(random, speak),
      cue: reply(random),
      agentSays: random.pick(phrases.AGENT_ASKS.number),
      expected: { kind: 'turn' },
    }),
  },
  {
    name: 'spelled names',
    make: (random, speak, pick) => ({
      part: spelling(random, speak, pick),
      cue: reply(random),
      agentSays: random.pick(phrases.AGENT_ASKS.spelling),
      expected: { kind: 'turn' },
    }),
  },
  {
    name: 'one word',
    make: (random, speak, pick) => ({
      part: inPieces([speak(pick(phrases.ONE_WORDS))], () => 0),
      cue: reply(random),
      agentSays: random.pick(random.chance(0.5) ? phrases.AGENT_ASKS.yesNo : phrases.AGENT_ASKS.day),
      expected: { kind: 'turn' },
    }),
  },
];

const AFTER_GREETING_MS = 12_000;

const SCREENED: readonly Kind[] = [
  {
    name: 'human hellos',
    make: (random, speak, pick) => {
      const part = greeting(random, speak, pick(phrases.HELLOS), 700, 1200);
      return { part, cue: answered(random), agentSays: talk(random), expected: { kind: 'human', fromMs: 0 } };
    },
  },
  {
    name: 'voicemail with beep',
    make: (random, speak, pick) => {
      const said = greeting(random, speak, pick(phrases.VOICEMAILS));
      const gapMs = random.between(200, 1600);
      const beepMs = random.between(250, 1200);
      const fromMs = said.endMs + gapMs + beepMs;
      const beep = tone(random.pick([440, 620, 800, 950, 1000, 1100, 1400]), beepMs, random.between(2500, 9000));
      return {
        part: {
          ...said,
          audio: sounds.join(said.audio, sounds.silence(gapMs), beep, sounds.silence(AFTER_GREETING_MS)),
        },
        cue: answered(random),
        agentSays: talk(random),
        expected: { kind: 'machine', fromMs },
      };
    },
  },
  {
    name: 'voicemail without beep',
    make: (random, speak, pick) => {
      const said = greeting(random, speak, pick(phrases.VOICEMAILS));
      return {
        part: { ...said, audio: sounds.join(said.audio, sounds.silence(AFTER_GREETING_MS)) },
        cue: answered(random),
        agentSays: talk(random),
        expected: { kind: 'machine', fromMs: said.endMs },
      };
    },
  },
  {
    name: 'call screening',
    make: (random, speak, pick) => {
      const said = greeting(random, speak, pick(phrases.SCREENINGS));
      return {
        part: said,
        cue: answered(random),
        agentSays: talk(random),
        expected: { kind: 'talk', fromMs: said.endMs },
      };
    },
  },
  {
    name: 'menus',
    make: (random, speak, pick) => {
      const said = greeting(random, speak, pick(phrases.MENUS));
      return {
        part: { ...said, audio: sounds.join(said.audio, sounds.silence(AFTER_GREETING_MS)) },
        cue: answered(random),
        agentSays: talk(random),
        expected: { kind: 'machine', fromMs: said.endMs },
      };
    },
  },
];

export const KINDS: readonly Kind[] = [...DURING, ...TURNS, ...SCREENED];

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
