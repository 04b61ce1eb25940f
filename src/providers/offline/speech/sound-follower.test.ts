import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { SoundFollower } from './sound-follower.ts';
import { SpokenSounds } from './spoken-sounds.ts';

/** Half a second a word, in sounds that never repeat; a silence of 200 ms at each comma. */
function speech(text: string, seed: number): Int16Array {
  let state = seed;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31;
  return Int16Array.from(
    text.split(' ').flatMap((word) => {
      const sound = Array.from({ length: 4000 }, () => Math.round(8000 * random()));
      return word.endsWith(',') ? [...sound, ...silence(1600)] : sound;
    }),
  );
}

const silence = (samples: number): Int16Array => new Int16Array(samples);
const joined = (...parts: readonly Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));
const onTheLine = (pcm: Int16Array): Int16Array => decodeMulaw(encodeMulaw(pcm));

const GREETING = 'hello, this is your front desk';
const QUESTION = 'are you calling about your order';
const greeting = speech(GREETING, 1);
const question = speech(QUESTION, 2);

function listener(): (pcm: Int16Array) => { words: string; unknown: number } {
  const sounds = new SpokenSounds();
  sounds.add('greeting', GREETING, greeting);
  sounds.add('question', QUESTION, question);
  const follower = new SoundFollower(sounds);
  return (pcm) => {
    const line = onTheLine(pcm);
    let unknown = 0;
    for (let at = 0; at < line.length; at += FRAME_SAMPLES) {
      const frame = new Int16Array(FRAME_SAMPLES);
      frame.set(line.subarray(at, at + FRAME_SAMPLES));
      if (follower.push(frame) === 'unknown') unknown++;
    }
    return { words: follower.take().join(' '), unknown };
  };
}

describe('sounds of the offline voice on a line', () => {
  it('are found wherever in a frame they begin, one right after another', () => {
    for (const before of [0, 1, 77, 159, 1000]) {
      const { words, unknown } = listener()(joined(silence(before), greeting, question, silence(500)));
      assert.equal(words, `${GREETING} ${QUESTION}`.replace(',', ''), `${before} samples before`);
      // A sound is found once its first place was heard, and its beginning then belongs to it.
      assert.ok(unknown <= 2, `${unknown} frames unknown`);
    }
  });

  it('broken off, give the words whose middle was heard', () => {
    const hear = listener();
    // "hello" until 500 ms, a pause until 700, then 500 ms a word.
    assert.equal(hear(joined(greeting.subarray(0, 8000 * 1.6), silence(4000))).words, 'hello this is');
    assert.equal(hear(question.subarray(0, 8000 * 0.4)).words, 'are');
  });

  it('are taken word by word, and none twice', () => {
    const hear = listener();
    const words = Array.from({ length: 20 }, (_, i) => hear(greeting.subarray(i * 1600, i * 1600 + 1600)).words);
    assert.equal(words.filter(Boolean).join(' '), 'hello this is your front desk');
  });

  it('go on after a frame that the line lost', () => {
    const at = 8000 * 2.2;
    const { words } = listener()(joined(greeting.subarray(0, at), greeting.subarray(at + FRAME_SAMPLES)));
    assert.equal(words, 'hello this is your front desk');
  });

  it('are not found in speech of others, nor where both speak', () => {
    const hear = listener();
    const other = speech('nothing of ours', 3);
    assert.deepEqual(hear(other), { words: '', unknown: other.length / FRAME_SAMPLES });
    const both = greeting.map((sample, i) => sample + (other[i] ?? 900));
    assert.equal(hear(both).words, '');
  });

  it('that begin alike are distinguished where they part', () => {
    const sounds = new SpokenSounds();
    const [yes, that, of] = [speech('yes,', 5), speech('that sounds good', 6), speech('of course', 7)];
    sounds.add('1', 'yes, that sounds good', joined(yes, that));
    sounds.add('2', 'yes, of course', joined(yes, of));
    for (const [pcm, text] of [
      [joined(yes, that), 'yes that sounds good'],
      [joined(yes, of), 'yes of course'],
    ] as const) {
      const follower = new SoundFollower(sounds);
      const line = onTheLine(pcm);
      for (let at = 0; at < line.length; at += FRAME_SAMPLES) follower.push(line.slice(at, at + FRAME_SAMPLES));
      assert.equal(follower.take().join(' '), text);
    }
  });

  it('that begin alike give only words that are in all of them, and none twice', () => {
    const sounds = new SpokenSounds();
    const [call, long, short] = [speech('call me at', 8), speech('internationally', 9), speech('one', 10)];
    sounds.add('1', 'call me internationally', joined(call, long));
    sounds.add('2', 'call me at one', joined(call, short));
    const follower = new SoundFollower(sounds);
    const line = onTheLine(joined(call, short));
    const words: string[] = [];
    for (let at = 0; at < line.length; at += FRAME_SAMPLES) {
      follower.push(line.slice(at, at + FRAME_SAMPLES));
      words.push(...follower.take());
    }
    assert.equal(words.join(' '), 'call me at one');
  });

  it('that are heard are kept, however much else is said', () => {
    const sounds = new SpokenSounds();
    sounds.add('greeting', GREETING, greeting);
    const minute = speech(Array.from({ length: 120 }, () => 'word').join(' '), 4);
    const hear = () => {
      const follower = new SoundFollower(sounds);
      const line = onTheLine(greeting);
      for (let at = 0; at < line.length; at += FRAME_SAMPLES) follower.push(line.slice(at, at + FRAME_SAMPLES));
      return follower.take().join(' ');
    };
    for (let i = 0; i < 60; i++) {
      sounds.add(`minute ${i}`, 'a minute', minute);
      if (i % 10 === 0) assert.equal(hear(), GREETING.replace(',', ''), `after ${i} minutes`);
    }
    for (let i = 60; i < 120; i++) sounds.add(`minute ${i}`, 'a minute', minute);
    assert.equal(hear(), '');
  });

  it('have the words of numbers as they are spoken', () => {
    const sounds = new SpokenSounds();
    const text = 'it costs $1,200 a month, or 3.5 percent';
    const pcm = speech(text.replace(',2', '2'), 11);
    sounds.add('price', text, pcm);
    const follower = new SoundFollower(sounds);
    const line = onTheLine(joined(pcm, silence(200)));
    for (let at = 0; at < line.length; at += FRAME_SAMPLES) follower.push(line.slice(at, at + FRAME_SAMPLES));
    assert.equal(follower.take().join(' '), 'it costs one thousand two hundred dollars a month or three five percent');
  });
});
