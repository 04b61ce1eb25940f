// Worker thread: text in, 8 kHz samples out.
import { parentPort, workerData } from 'node:worker_threads';
import { runBehindMedia } from './behind-media.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { resample } from '#engine/audio/resampler.ts';
import { fliteSpeak, type FliteVoice } from './flite.ts';

runBehindMedia();

const PEAK = 15_000;

parentPort!.on('message', (request: { id: number; text: string; voice: FliteVoice }) => {
  try {
    const { pcm, sampleRateHz } = fliteSpeak(workerData as WebAssembly.Module, request.text, request.voice);
    const line = resample(pcm, sampleRateHz, SAMPLE_RATE);
    let loudest = 1;
    for (const sample of line) loudest = Math.max(loudest, Math.abs(sample));
    for (let i = 0; i < line.length; i++) line[i] = Math.round((line[i]! * PEAK) / loudest);
    parentPort!.postMessage({ id: request.id, pcm: line }, [line.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
});
