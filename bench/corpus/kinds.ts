// The kinds of cases: what the caller says or sounds like, when, and what should happen.
import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { tone } from '#engine/audio/tone.ts';
import type { Random } from '../../test/support/random.ts';
import type { Cue, Expected, Part, TimedWord } from './case.ts';
import * as phrases from './phrases.ts';
import * as sounds from './sounds.ts';
import type { Clip } from './voices.ts';

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

export interface Draft {
  readonly part: Part;
  readonly cue: Cue;
  readonly agentSays: string;
  readonly expected: Expected;
}

/** What one person says: all of it is rendered at once. */
export type Speaker = (text: string) => Clip;
/** One of a list; what is kept aside from tuning has phrases of its own. */
type Picker = (list: readonly string[]) => string;
export type Kind = { readonly name: string; readonly make: (random: Random, speak: Speaker, pick: Picker) => Draft };

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
