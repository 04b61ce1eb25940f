import assert from 'node:assert/strict';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';

export async function speak(
  voice: TextToSpeech,
  text: string,
  voiceId: string,
): Promise<{ parts: SpeechPart[]; seconds: number; pcm: Int16Array; rate: number; open: number }> {
  const parts: SpeechPart[] = [];
  let open = 0;
  await new Promise<void>((done, fail) => {
    const limit = setTimeout(() => fail(new Error('no end came')), 20_000);
    voice.synthesize({ text, voiceId, working: () => (open++, () => void open--) }, (part) => {
      parts.push(part);
      if (part.type === 'audio') return;
      clearTimeout(limit);
      setTimeout(done, 30);
    });
  });
  const audio = parts.flatMap((part) => (part.type === 'audio' ? [part] : []));
  const rate = audio[0]?.sampleRateHz ?? 8000;
  const pcm = Int16Array.from(audio.flatMap((part) => [...part.pcm]));
  return { parts, pcm, rate, seconds: pcm.length / rate, open };
}

/** What every voice must do. */
export const textToSpeechChecks: Readonly<Record<string, (voice: TextToSpeech) => Promise<void>>> = {
  'speaks: audio, then one end': async (voice) => {
    const { parts, seconds, pcm } = await speak(voice, 'Hello, this is Ada from Brightline.', 'any-voice');
    assert.equal(parts.filter((part) => part.type !== 'audio').length, 1);
    assert.equal(parts.at(-1)!.type, 'done');
    assert.ok(seconds > 0.8 && seconds < 8, `${seconds} s`);
    assert.ok(
      pcm.some((sample) => Math.abs(sample) > 3000),
      'it is silent',
    );
  },
  'takes longer for more words': async (voice) => {
    const [short, long] = [
      await speak(voice, 'Yes.', 'v'),
      await speak(voice, 'Yes, and this is a much longer sentence about nothing.', 'v'),
    ];
    assert.ok(long.seconds > short.seconds * 2);
  },
  'gives the same voice for the same id, whatever the id': async (voice) => {
    const [one, two] = [
      await speak(voice, 'Good morning.', 'unknown-voice'),
      await speak(voice, 'Good morning.', 'unknown-voice'),
    ];
    assert.deepEqual(one.pcm, two.pcm);
  },
  'says nothing after abort': async (voice) => {
    let late = 0;
    const run = voice.synthesize(
      { text: 'This will not be heard.', voiceId: 'v', working: () => () => undefined },
      () => late++,
    );
    run.abort();
    await new Promise((done) => setTimeout(done, 400));
    assert.equal(late, 0);
  },
  'announces its work and ends each announcement': async (voice) => {
    assert.equal((await speak(voice, 'One moment, please.', 'v')).open, 0);
  },
};
