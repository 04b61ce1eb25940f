import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { ReadySpeech } from './ready-speech.ts';

it('says a fixed sentence from what is kept, asks a voice for it once, and passes any other text through', () => {
  const asked: string[] = [];
  const pending: (() => void)[] = [];
  const inner: TextToSpeech = {
    id: 'v',
    synthesize: ({ text }, onPart) => {
      asked.push(text);
      pending.push(() => {
        const pcm = Int16Array.of(1, 2, 3);
        onPart({ type: 'audio', pcm, sampleRateHz: 8000 });
        // A voice may use its buffer again.
        pcm.fill(9);
        onPart({ type: 'done' });
      });
      return { abort: () => undefined };
    },
  };
  const ready = new ReadySpeech();
  const voice = ready.voice(inner, new Set(['Let me see.']));
  const say = (text: string, voiceId: string) => {
    const parts: SpeechPart[] = [];
    voice.synthesize({ text, voiceId, working: () => () => undefined }, (part) => parts.push(part));
    return parts;
  };
  const first = say('Let me see.', 'a');
  pending.shift()!();
  assert.equal(first.length, 2);
  assert.deepEqual(say('Let me see.', 'a'), [
    { type: 'audio', pcm: Int16Array.of(1, 2, 3), sampleRateHz: 8000 },
    { type: 'done' },
  ]);
  assert.equal(asked.length, 1);
  assert.deepEqual(say('Let me see.', 'another'), [], 'another voice is asked');
  assert.deepEqual(say('Hello.', 'a'), []);
  assert.deepEqual(asked, ['Let me see.', 'Let me see.', 'Hello.']);
});
