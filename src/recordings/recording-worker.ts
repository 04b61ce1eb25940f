// Worker thread: turns pieces of a two-channel mu-law recording into PCM or MP3, and tells how loud each channel is.
import { parentPort } from 'node:worker_threads';
import { createMp3Encoder } from 'wasm-media-encoders';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';

export type RecordingTask =
  | { readonly make: 'pcm'; readonly bytes: Uint8Array; readonly peakSamples: number }
  | { readonly make: 'mp3'; readonly bytes: Uint8Array | null };
export interface RecordingPiece {
  readonly out: Uint8Array;
  readonly peaks: [number, number][];
}

const MP3_KBIT = 32;
const mp3 = await createMp3Encoder();
let configured = false;

parentPort!.on('message', (task: RecordingTask) => {
  const piece: RecordingPiece =
    task.make === 'pcm' ? pcmOf(task.bytes, task.peakSamples) : { out: mp3Of(task.bytes), peaks: [] };
  parentPort!.postMessage(piece, [piece.out.buffer as ArrayBuffer]);
});

function pcmOf(bytes: Uint8Array, peakSamples: number): RecordingPiece {
  const pcm = decodeMulaw(bytes);
  const peaks: [number, number][] = [];
  for (let from = 0; from < pcm.length / 2; from += peakSamples) {
    const loudest: [number, number] = [0, 0];
    for (let i = from; i < Math.min(from + peakSamples, pcm.length / 2); i++) {
      for (const channel of [0, 1] as const)
        loudest[channel] = Math.max(loudest[channel], Math.abs(pcm[i * 2 + channel]!));
    }
    peaks.push([Math.round(loudest[0] / 327.68), Math.round(loudest[1] / 327.68)]);
  }
  return { out: new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), peaks };
}

/** Pieces of one recording, one after another; null is its end. */
function mp3Of(bytes: Uint8Array | null): Uint8Array {
  if (!configured) mp3.configure({ sampleRate: SAMPLE_RATE, channels: 2, bitrate: MP3_KBIT });
  configured = bytes !== null;
  // What the encoder gives is its own memory, which the next piece is written over.
  if (bytes === null) return Uint8Array.from(mp3.finalize());
  const pcm = decodeMulaw(bytes);
  const channels = [new Float32Array(pcm.length / 2), new Float32Array(pcm.length / 2)] as const;
  for (let i = 0; i < pcm.length / 2; i++) {
    channels[0][i] = pcm[i * 2]! / 32_768;
    channels[1][i] = pcm[i * 2 + 1]! / 32_768;
  }
  return Uint8Array.from(mp3.encode(channels));
}
