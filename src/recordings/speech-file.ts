import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { PIECE_BYTES, RenderWorker } from './render-recording.ts';

/** Speech at the engine's sample rate as an MP3 file, made off the event loop. */
export async function mp3OfSpeech(pcm: readonly Int16Array[]): Promise<Uint8Array> {
  const worker = new RenderWorker();
  try {
    const made: Uint8Array[] = [];
    for (const chunk of pcm)
      for (let at = 0; at < chunk.length; at += PIECE_BYTES / 2)
        made.push((await worker.make({ make: 'mp3', bytes: bothSides(chunk.subarray(at, at + PIECE_BYTES / 2)) })).out);
    made.push((await worker.make({ make: 'mp3', bytes: null })).out);
    return Uint8Array.from(Buffer.concat(made));
  } finally {
    await worker.close();
  }
}

/** The worker takes two channels of mu-law. */
function bothSides(pcm: Int16Array): Uint8Array {
  const mulaw = encodeMulaw(pcm);
  const bytes = new Uint8Array(mulaw.length * 2);
  for (const [at, sample] of mulaw.entries()) bytes.fill(sample, at * 2, at * 2 + 2);
  return bytes;
}
