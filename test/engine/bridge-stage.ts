import { FRAME_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { Playout } from '#engine/stages/playout.ts';
import { Bridge } from '#live/bridge/bridge.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** The connection of one party, who plays what it is sent at once; keeps what was played, and when. */
export class FarEnd implements MediaLeg {
  readonly bufferMs = 0;
  readonly #clock: VirtualClock;
  readonly #played = new Uint8Array(600 * SAMPLE_RATE).fill(0xff);
  #playEndMs = 0;
  #marks: { readonly name: string; cancel: () => void }[] = [];
  isBroken = false;
  frames = 0;
  clears = 0;
  longestLeadMs = 0;
  onMark: (name: string) => void = () => undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(frame: Uint8Array): void {
    if (this.isBroken) throw new Error('the connection is broken');
    this.frames++;
    const now = this.#clock.nowMs();
    this.#playEndMs = Math.max(this.#playEndMs, now);
    this.#played.set(frame, Math.round(this.#playEndMs * SAMPLES_PER_MS));
    this.#playEndMs += frame.length / SAMPLES_PER_MS;
    this.longestLeadMs = Math.max(this.longestLeadMs, this.#playEndMs - now);
  }

  mark(name: string): void {
    const mark = { name, cancel: this.#clock.at(this.#playEndMs, () => this.onMark(name)) };
    this.#marks.push(mark);
  }

  clear(): void {
    this.clears++;
    for (const { cancel } of this.#marks.splice(0)) cancel();
    const now = this.#clock.nowMs();
    if (this.#playEndMs <= now) return;
    this.#played.fill(0xff, Math.round(now * SAMPLES_PER_MS));
    this.#playEndMs = now;
  }

  close(): void {
    this.isBroken = true;
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(!this.isBroken);
  }

  /** What was heard between two instants. */
  heard(fromMs: number, toMs: number): Int16Array {
    return decodeMulaw(this.#played.subarray(Math.round(fromMs * SAMPLES_PER_MS), Math.round(toMs * SAMPLES_PER_MS)));
  }
}

/** Level of one frequency, as the amplitude of its sine. */
export function amplitudeAt(samples: Int16Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let s1 = 0;
  let s2 = 0;
  for (const sample of samples) [s1, s2] = [sample + coefficient * s1 - s2, s1];
  return (2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - coefficient * s1 * s2))) / samples.length;
}

/** A sine without a seam between its pieces. */
export class Tone {
  readonly hz: number;
  readonly level: number;
  #at = 0;

  constructor(hz: number, level: number) {
    this.hz = hz;
    this.level = level;
  }

  linear(samples: number): Int16Array {
    return Int16Array.from({ length: samples }, () =>
      Math.round(this.level * Math.sin((2 * Math.PI * this.hz * this.#at++) / SAMPLE_RATE)),
    );
  }

  mulaw(samples = FRAME_SAMPLES): Uint8Array {
    return encodeMulaw(this.linear(samples));
  }
}

/** A bridge with an AI agent that plays through the real playout, and the parties that join. */
export class BridgeStage {
  readonly clock = new VirtualClock();
  /** What the AI agent heard, with the time of its arrival. */
  readonly agentHeard: { readonly atMs: number; readonly mulaw: Uint8Array }[] = [];
  readonly apart: { readonly from: string; readonly mulaw: Uint8Array }[] = [];
  readonly toPerson: Uint8Array[] = [];
  readonly failures: string[] = [];
  readonly legs = new Map<string, FarEnd>();
  readonly bridge: Bridge;
  readonly playout: Playout;
  /** Samples that the person was proved to have heard, and whether that is an estimate. */
  proved = { samples: 0, estimated: true };
  finished = false;
  readonly #inputs = new Map<string, (mulaw: Uint8Array) => void>();

  constructor() {
    this.bridge = new Bridge({
      clock: this.clock,
      tap: {
        heardByPerson: (frame) => this.toPerson.push(frame.slice()),
        heardApart: (from, frame) => this.apart.push({ from, mulaw: frame.slice() }),
      },
      failed: (id) => this.failures.push(id),
    });
    this.playout = new Playout(this.clock, {
      started: () => undefined,
      heard: (_, samples, estimated) => (this.proved = { samples, estimated }),
      finished: (_, samples, estimated) => {
        this.finished = true;
        this.proved = { samples, estimated };
      },
      frame: () => undefined,
      cut: () => undefined,
    });
    const port = this.bridge.joinAgent({
      audio: (mulaw) => this.agentHeard.push({ atMs: this.clock.nowMs(), mulaw: mulaw.slice() }),
      mark: (name) => this.playout.markReturned(name),
      reroute: (change) => this.playout.reroute(change),
    });
    this.joinPerson();
    this.playout.connect(port);
  }

  joinPerson(): FarEnd {
    const leg = new FarEnd(this.clock);
    this.#seat('person', leg, this.bridge.joinPerson(leg));
    return leg;
  }

  join(id: string, role: 'human-agent' | 'supervisor' | 'colleague'): FarEnd {
    const leg = new FarEnd(this.clock);
    this.#seat(id, leg, this.bridge.join(id, role, leg));
    return leg;
  }

  #seat(id: string, leg: FarEnd, input: { audio(mulaw: Uint8Array): void; mark(name: string): void }): void {
    leg.onMark = (name) => input.mark(name);
    this.legs.set(id, leg);
    this.#inputs.set(id, (mulaw) => input.audio(mulaw));
  }

  leg(id: string): FarEnd {
    return this.legs.get(id)!;
  }

  /** The party says this now. */
  says(id: string, mulaw: Uint8Array): void {
    this.#inputs.get(id)!(mulaw);
  }

  /** The party sends a tone, a frame each 20 ms, until the returned function is called. */
  speak(id: string, tone: Tone): () => void {
    return this.clock.everyFrame(() => this.says(id, tone.mulaw()));
  }

  /** The AI agent says this; a segment of its own. */
  agentSays(segment: number, pcm: Int16Array): void {
    this.playout.write(segment, pcm);
    this.playout.complete(segment);
    this.playout.release(segment);
  }

  /** What the AI agent heard between two instants. */
  agentHeardBetween(fromMs: number, toMs: number): Int16Array {
    const frames = this.agentHeard.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ mulaw }) => mulaw);
    return decodeMulaw(Buffer.concat(frames));
  }

  run(ms: number): void {
    this.clock.advanceAtOnce(ms);
  }
}
