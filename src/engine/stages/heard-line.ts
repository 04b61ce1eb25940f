import { SAMPLES_PER_MS } from '../audio/format.ts';

/** How long after the estimated end of its audio a mark is awaited. */
const MARK_PATIENCE_MS = 1500;

/**
 * How far the line has been heard: a position in samples, given by the latest honest mark and bounded by the playout
 * clock. Plain data, so that it can move to another server with the call.
 */
export interface HeardLine {
  /** Everything handed to the carrier, over the whole call; positions are counted in it. */
  sentSamples: number;
  /** When the last of it will have been played, if it plays at once. */
  playEndMs: number;
  /** Position of the furthest mark that was returned after its audio could have been played. */
  markedSamples: number;
  /** Whether the other end has ever returned a mark; until then the clock alone counts. */
  marksSeen: boolean;
  /** Samples already reported as heard; this never falls. */
  floorSamples: number;
  /** Up to this position it is decided what was heard; what was not was cleared. */
  decidedSamples: number;
  /** Marks sent since the last clear and not returned yet, oldest first. */
  pending: { name: string; atSamples: number }[];
  /** How much audio the other end buffers, assumed if it returns no marks. */
  readonly bufferMs: number;
}

export function newLine(bufferMs: number): HeardLine {
  return {
    sentSamples: 0,
    playEndMs: 0,
    markedSamples: 0,
    marksSeen: false,
    floorSamples: 0,
    decidedSamples: 0,
    pending: [],
    bufferMs,
  };
}

export function sent(line: HeardLine, samples: number, nowMs: number): void {
  line.sentSamples += samples;
  line.playEndMs = Math.max(line.playEndMs, nowMs) + samples / SAMPLES_PER_MS;
}

export function markSent(line: HeardLine, name: string): void {
  line.pending.push({ name, atSamples: line.sentSamples });
}

/** Handles a returned mark. A mark sent before a clear proves nothing; it is not pending any more. */
export function markReturned(line: HeardLine, name: string): void {
  const at = line.pending.findIndex((mark) => mark.name === name);
  if (at < 0) return;
  const mark = line.pending[at]!;
  line.pending.splice(0, at + 1);
  line.marksSeen = true;
  line.markedSamples = Math.max(line.markedSamples, mark.atSamples);
}

/** The samples that can have been played by now according to the clock. */
export function playedSamples(line: HeardLine, nowMs: number): number {
  return Math.max(0, line.sentSamples - Math.ceil(Math.max(0, line.playEndMs - nowMs) * SAMPLES_PER_MS));
}

export function heardSamples(line: HeardLine, nowMs: number): number {
  const late = nowMs >= line.playEndMs + MARK_PATIENCE_MS;
  const byClock =
    line.marksSeen && !late
      ? Math.min(line.markedSamples, playedSamples(line, nowMs))
      : playedSamples(line, nowMs - line.bufferMs);
  if (byClock > line.decidedSamples)
    line.floorSamples = Math.max(line.floorSamples, Math.min(byClock, line.sentSamples));
  return line.floorSamples;
}

/** Whether the heard position is estimated from the clock alone. */
export function isEstimated(line: HeardLine, nowMs: number): boolean {
  return !line.marksSeen || (line.pending.length > 0 && nowMs >= line.playEndMs + MARK_PATIENCE_MS);
}

/** Everything not yet played is dropped at the carrier: pending marks are void from here on. */
export function cleared(line: HeardLine, nowMs: number): void {
  heardSamples(line, nowMs);
  line.pending = [];
  line.decidedSamples = line.sentSamples;
  line.playEndMs = Math.min(line.playEndMs, nowMs);
}
