import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { Bridge, type AgentEar, type LegInput } from './bridge/bridge.ts';
import type { CallRecording } from './call-recording.ts';

export interface CallMediaOptions {
  readonly clock: CallClock;
  readonly agent: AgentEar;
  readonly recording: CallRecording;
  readonly failed: (participant: string, error: unknown) => void;
}

/** The media of one running call: the person's connection, the bridge to the others, and what is recorded of it. */
export class CallMedia {
  readonly bridge: Bridge;
  /** What the AI agent speaks to. */
  readonly agentLeg: MediaLeg;
  readonly #recording: CallRecording;
  #leg: MediaLeg | null = null;
  #person: LegInput | null = null;

  constructor({ clock, agent, recording, failed }: CallMediaOptions) {
    this.#recording = recording;
    this.bridge = new Bridge({
      clock,
      tap: {
        heardByPerson: (frame, playAtMs) => recording.agent(frame, playAtMs),
        heardApart: (from, frame, playAtMs) => recording.apart(from, frame, playAtMs),
      },
      failed,
    });
    this.agentLeg = this.bridge.joinAgent(agent);
  }

  /** The person's connection; null while there is none. */
  get leg(): MediaLeg | null {
    return this.#leg;
  }

  /** Asks the person's end whether the connection is up. */
  async isReached(): Promise<boolean> {
    return this.#leg !== null && (await this.#leg.isAlive()) && this.#leg !== null;
  }

  /** The person's first connection, or another one. */
  connect(leg: MediaLeg): void {
    this.#leg = leg;
    if (this.#person) this.bridge.connectPerson(leg);
    else this.#person = this.bridge.joinPerson(leg);
  }

  /** The person's connection was lost; another server may get the next one. */
  lose(): void {
    this.#disconnect();
    this.#recording.settle();
  }

  /** Takes the person's connection from the call, and closes the others. */
  detach(): MediaLeg | null {
    const leg = this.#disconnect();
    this.bridge.close();
    return leg;
  }

  /** The person's audio. */
  audio(mulaw: Uint8Array): void {
    this.#recording.caller(mulaw);
    this.#person?.audio(mulaw);
  }

  mark(name: string): void {
    this.#person?.mark(name);
  }

  /** An agent frame that will be heard from `playAtMs` on. Recorded here only if it is not mixed. */
  agentFrame(frame: Uint8Array, playAtMs: number): void {
    if (this.bridge.isDirect) this.#recording.agent(frame, playAtMs);
  }

  agentCut(atMs: number): void {
    if (this.bridge.isDirect) this.#recording.cut(atMs);
  }

  #disconnect(): MediaLeg | null {
    const leg = this.#leg;
    this.#leg = null;
    this.bridge.connectPerson(null);
    return leg;
  }
}
