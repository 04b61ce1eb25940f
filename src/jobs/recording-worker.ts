// Worker thread: turns a piece of a two-channel mu-law recording into PCM, and tells how loud each channel is.
import { parentPort } from 'node:worker_threads';
import { decodeMulaw } from '#engine/audio/mulaw.ts';

parentPort!.on('message', ({ bytes, peakSamples }: { bytes: Uint8Array; peakSamples: number }) => {
  const pcm = decodeMulaw(bytes);
  const peaks: [number, number][] = [];
  for (let from = 0; from < pcm.length / 2; from += peakSamples) {
    const loudest: [number, number] = [0, 0];
    for (let i = from; i < Math.min(from + peakSamples, pcm.length / 2); i++) {
      for (const channel of [0, 1] as const) loudest[channel] = Math.max(loudest[channel], Math.abs(pcm[i * 2 + channel]!));
    }
    peaks.push([Math.round(loudest[0] / 327.68), Math.round(loudest[1] / 327.68)]);
  }
  const out = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  parentPort!.postMessage({ pcm: out, peaks }, [out.buffer as ArrayBuffer]);
});
