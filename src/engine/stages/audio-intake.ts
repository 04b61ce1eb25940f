import { FRAME_SAMPLES } from '../audio/format.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { NextWindow, VoiceActivity } from '../contracts/voice-activity.ts';

/** A call's hearing, as the intake drives it. */
export interface Listener {
  /** The window that this audio will complete and voice activity will rate, if it is known already. */
  nextWindow(mulaw: Uint8Array): NextWindow | null;
  take(mulaw: Uint8Array): void;
  failed(error: unknown): void;
}

interface Arrival {
  readonly listener: Listener;
  readonly mulaw: Uint8Array;
}

/** Buffers that are kept for reuse. */
const MOST_SPARE = 1000;

/**
 * Collects the audio that arrives for all calls in one turn of the event loop, and has voice activity rate their
 * windows together before each call takes its own audio. Under load more arrives in a turn, and more is saved.
 */
export class AudioIntake {
  readonly #voiceActivity: VoiceActivity;
  readonly #afterArrivals: (fn: () => void) => void;
  #arrived: Arrival[] = [];
  readonly #spare: Uint8Array[] = [];

  constructor(voiceActivity: VoiceActivity, afterArrivals: (fn: () => void) => void) {
    this.#voiceActivity = voiceActivity;
    this.#afterArrivals = afterArrivals;
  }

  /** Copies the audio. */
  add(listener: Listener, mulaw: Uint8Array): void {
    if (this.#arrived.length === 0) this.#afterArrivals(() => this.#handOver());
    const copy = mulaw.length === FRAME_SAMPLES ? this.#spare.pop() : undefined;
    copy?.set(mulaw);
    this.#arrived.push({ listener, mulaw: copy ?? mulaw.slice() });
  }

  #handOver(): void {
    let left = this.#arrived;
    this.#arrived = [];
    while (left.length > 0) {
      // One piece of audio of each call in a round, so that the next window of each is known.
      const [round, later, seen] = [[] as Arrival[], [] as Arrival[], new Set<Listener>()];
      for (const arrival of left) {
        (seen.has(arrival.listener) ? later : round).push(arrival);
        seen.add(arrival.listener);
      }
      this.#foresee(round);
      for (const { listener, mulaw } of round) {
        attempt(listener, () => listener.take(mulaw));
        if (mulaw.length === FRAME_SAMPLES && this.#spare.length < MOST_SPARE) this.#spare.push(mulaw);
      }
      left = later;
    }
  }

  #foresee(round: readonly Arrival[]): void {
    if (round.length < 2) return;
    const next = round.flatMap(({ listener, mulaw }) => listener.nextWindow(mulaw) ?? []);
    if (next.length > 1) this.#voiceActivity.foresee?.(next);
  }
}

function attempt(listener: Listener, work: () => void): void {
  try {
    work();
  } catch (error) {
    listener.failed(error);
  }
}

const intakes = new WeakMap<VoiceActivity, AudioIntake>();

/** The intake of all calls that share this voice activity, if it rates windows together and the clock is a real one. */
export function intakeOf(voiceActivity: VoiceActivity, clock: CallClock): AudioIntake | null {
  if (!clock.afterArrivals || !voiceActivity.foresee) return null;
  const found = intakes.get(voiceActivity) ?? new AudioIntake(voiceActivity, (fn) => clock.afterArrivals!(fn));
  intakes.set(voiceActivity, found);
  return found;
}
