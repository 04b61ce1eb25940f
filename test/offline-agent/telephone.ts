import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import type { SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { expectedAfter, expectedPhrases } from '#providers/offline/dialogue/expected.ts';
import type { OfflineProviders } from '#providers/offline/offline.ts';
import { speak } from '../contract/text-to-speech.ts';

/** A repeated text sounds different, as it does from a person. */
const VOICES = ['offline-martin', 'offline-clara', 'offline-rosa'];
const FRAME = 160;
const QUIET = new Int16Array(FRAME);
/** More quiet frames than the recogniser joins into one sentence. */
const PAUSE_FRAMES = 45;
const PRE_ROLL_FRAMES = 15;
const TAIL_FRAMES = 12;

/**
 * One caller's line: the offline voice speaks each text, mu-law at 8 kHz carries it, the offline recogniser understands
 * it with the context and the expected answers that the engine gives. It runs as fast as the recogniser does.
 */
export class Telephone {
  readonly #offline: OfflineProviders;
  readonly #stream: SpeechToTextStream;
  #utterance = 0;
  #heard: (text: string) => void = () => undefined;

  constructor(offline: OfflineProviders, phrases: readonly string[]) {
    this.#offline = offline;
    this.#stream = offline.speechToText[0]!.open({
      language: 'en',
      context: { phrases },
      working: () => () => undefined,
      onPart: (part) => {
        if (part.type === 'transcript-final') this.#heard(part.text);
        else if (part.type === 'error') throw new Error(part.message);
      },
    });
  }

  /** What the recogniser understands of `text` after the agent said `agent`; empty if it rejects it. */
  async hear(text: string, agent: string, repeats: number): Promise<string> {
    const { pcm } = await speak(this.#offline.textToSpeech[0]!, text, VOICES[repeats % VOICES.length]!);
    const line = decodeMulaw(encodeMulaw(pcm));
    this.#stream.expect(expectedPhrases(expectedAfter(agent)));
    const quiet = (frames: number) => {
      for (let n = 0; n < frames; n++) this.#stream.audio(QUIET);
    };
    quiet(PAUSE_FRAMES + PRE_ROLL_FRAMES);
    const utterance = ++this.#utterance;
    const heard = new Promise<string>((done) => (this.#heard = done));
    this.#stream.begin(utterance);
    for (let at = 0; at < line.length; at += FRAME) {
      const frame = new Int16Array(FRAME);
      frame.set(line.subarray(at, at + FRAME));
      this.#stream.audio(frame);
    }
    quiet(TAIL_FRAMES);
    this.#stream.end(utterance);
    return heard;
  }

  close(): void {
    this.#stream.close();
  }
}
