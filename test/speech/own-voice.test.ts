import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { OwnVoiceRecogniser } from '#providers/offline/speech/own-voice-recogniser.ts';
import { SpokenSounds } from '#providers/offline/speech/spoken-sounds.ts';
import { recognise, SENTENCES, speechToTextChecks, type Heard } from '../contract/speech-to-text.ts';
import { speak } from '../contract/text-to-speech.ts';

const UNAVAILABLE: SpeechToText = {
  id: 'unavailable',
  open: () => assert.fail('another recogniser was needed'),
};

let offline: OfflineProviders;
/** Of another process. The same sentence in the same voice would have the same samples there. */
let elsewhere: OfflineProviders;
let own: Heard[];
let foreign: Heard[];

const said = async (by: OfflineProviders, voiceId: string): Promise<Heard[]> =>
  Promise.all(
    SENTENCES.map(async (text) => {
      const { pcm } = await speak(by.textToSpeech[0]!, text, voiceId);
      return { text, pcm: decodeMulaw(encodeMulaw(pcm)) };
    }),
  );

before(async () => {
  [offline, elsewhere] = [makeOfflineProviders(1), makeOfflineProviders(1)];
  [own, foreign] = [await said(offline, 'offline-martin'), await said(elsewhere, 'offline-oscar')];
});
after(() => Promise.all([offline.close(), elsewhere.close()]));

describe('a recogniser that knows the offline voice', () => {
  for (const [what, check] of Object.entries(speechToTextChecks)) {
    it(`${what}, of speech that it knows`, () => check(offline.ownVoice, own));
    it(`${what}, of speech that it does not know`, () => check(offline.ownVoice, foreign));
  }

  it('needs no other recogniser for what it knows', async () => {
    const sounds = new SpokenSounds();
    for (const { text, pcm } of own) sounds.add(text, text, pcm);
    const heard = own.map(({ pcm }) => pcm);
    assert.deepEqual((await recognise(new OwnVoiceRecogniser(sounds, UNAVAILABLE), heard)).finals, SENTENCES);
  });

  it('hears both in one stream, each utterance by itself', async () => {
    const heard = [own[0]!, foreign[1]!, own[2]!, own[3]!, foreign[4]!, foreign[0]!, own[1]!];
    const { finals } = await recognise(
      offline.ownVoice,
      heard.map(({ pcm }) => pcm),
    );
    assert.deepEqual(
      finals,
      heard.map(({ text }) => text),
    );
  });

  it('leaves a whole utterance to the other recogniser when another voice goes on in it', async () => {
    // Short silences within it make the other voice no shorter.
    const broken = foreign[0]!.pcm.map((sample, i) => (i % 1600 < 480 ? 0 : sample));
    for (const second of [foreign[0]!.pcm, broken]) {
      const { parts, finals } = await recognise(offline.ownVoice, [Int16Array.from([...own[1]!.pcm, ...second])]);
      assert.ok(finals[0]!.startsWith(SENTENCES[1]!), finals[0]);
      assert.notEqual(parts.find((part) => part.type === 'transcript-final')?.confidence, 1);
    }
  });
});
