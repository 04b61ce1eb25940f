import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { SimulatedPerson } from './simulated-person.ts';

const FRAME_OF_SPEECH = new Uint8Array(160).fill(0x80);

it('who interrupts does not also answer what the agent broke off, however late that is understood', async () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  const recogniser: SpeechToText = {
    id: 'late',
    open: ({ onPart }) => ({
      audio: () => undefined,
      begin: () => undefined,
      expect: () => undefined,
      close: () => undefined,
      end: (utterance) =>
        void clock.at(clock.nowMs() + 900, () =>
          onPart({
            type: 'transcript-final',
            utterance,
            text: utterance === 1 ? 'broken off' : 'the answer',
            confidence: 1,
          }),
        ),
    }),
  };
  const voice: TextToSpeech = {
    id: 'tone',
    synthesize: ({ text }, onPart) => {
      said.push(text);
      onPart({ type: 'audio', pcm: new Int16Array(8000).fill(3000), sampleRateHz: 8000 });
      onPart({ type: 'done' });
      return { abort: () => undefined };
    },
  };
  const person = new SimulatedPerson({
    clock,
    recogniser,
    voice,
    hints: [],
    onGone: () => undefined,
    persona: {
      name: 'interrupts',
      voiceId: 'any',
      hello: null,
      interrupts: { afterMs: 600, words: ['Wait!'] },
      react: (heard) => ({ say: `To ${heard}` }),
    },
  });
  person.answer({
    audio: () => undefined,
    mark: () => undefined,
    dtmf: () => undefined,
    hungUp: () => undefined,
    lost: () => undefined,
    resumed: () => undefined,
  });
  const agentSpeaks = async (ms: number) => {
    for (let frame = 0; frame < ms / 20; frame++) {
      person.send(FRAME_OF_SPEECH);
      await clock.advance(20);
    }
  };
  await agentSpeaks(1000);
  await clock.advance(4000);
  assert.deepEqual(said, ['Wait!']);
  await agentSpeaks(400);
  await clock.advance(4000);
  assert.deepEqual(said, ['Wait!', 'To the answer']);
  person.close();
});
