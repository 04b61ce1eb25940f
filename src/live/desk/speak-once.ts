import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';

/** How long a provider has for a sentence. */
const SYNTHESIS_MS = 8000;

export interface SpeakOnce {
  readonly chain: readonly TextToSpeech[];
  readonly voiceId: string;
  readonly clock: CallClock;
}

/** The audio of a text, mu-law; null if no provider of the chain could speak it. */
export async function speakOnce({ chain, voiceId, clock }: SpeakOnce, text: string): Promise<Uint8Array | null> {
  for (const provider of chain) {
    const audio = await new Promise<Uint8Array | null>((done) => {
      const parts: Uint8Array[] = [];
      let resampler: Resampler | null = null;
      const over = (audio: Uint8Array | null) => {
        clearTimeout(late);
        done(audio);
      };
      const late = setTimeout(() => {
        run.abort();
        over(null);
      }, SYNTHESIS_MS);
      const run = provider.synthesize({ text, voiceId, working: (budgetMs) => clock.working(budgetMs) }, (part) => {
        if (part.type === 'audio')
          parts.push(encodeMulaw((resampler ??= new Resampler(part.sampleRateHz, SAMPLE_RATE)).process(part.pcm)));
        else over(part.type === 'done' && parts.length > 0 ? Buffer.concat(parts) : null);
      });
    });
    if (audio) return audio;
  }
  return null;
}
