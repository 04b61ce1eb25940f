import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  type RemoteTrack,
} from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import type { LiveKitServer } from './livekit-server.ts';

/** Speech, and no longer the noise before it. */
const LOUD = 1500;
const SILENT = 100;
const SOUND = 300;
/** More than this waits in the source only because this process was late. */
const ON_TIME_MS = 20;

const isSound = (pcm: Int16Array): boolean => pcm.some((sample) => Math.abs(sample) > SOUND);

/** A telephone in a room, as the SIP service brings one: speaks what it is given in real time, keeps what it hears. */
export class RoomPhone {
  readonly room: string;
  readonly participant = new Room();
  /** 8 kHz, in frames of 20 ms, from the first loud one on. */
  readonly heard: Int16Array[] = [];
  #loudFrames = 0;
  /** When something loud was last heard, by `performance.now()`. */
  loudAtMs = 0;
  gone = false;
  #queue: Int16Array[] = [];
  readonly #source = new AudioSource(SAMPLE_RATE, 1, 200);
  #timer: NodeJS.Timeout | undefined;

  constructor(room: string) {
    this.room = room;
  }

  /** Joins as a telephone does; `speaks`: at once. */
  async join(
    server: LiveKitServer,
    attributes: Readonly<Record<string, string>>,
    speaks = true,
    identity = 'sip-caller',
  ): Promise<void> {
    const token = new AccessToken(server.key, server.secret, { identity, attributes: { ...attributes } });
    token.kind = 'sip';
    token.addGrant({ room: this.room, roomJoin: true, canPublish: true, canSubscribe: true });
    await this.joinWith(server.url, await token.toJwt(), speaks);
  }

  /** Joins with a token; `speaks`: with a microphone. */
  async joinWith(url: string, token: string, speaks: boolean): Promise<void> {
    this.participant.on('trackSubscribed', (track) => void this.#hear(track));
    this.participant.on('disconnected', () => {
      this.gone = true;
      clearInterval(this.#timer);
    });
    await this.participant.connect(url, token, { autoSubscribe: true, dynacast: false });
    if (speaks) await this.publish();
  }

  async publish(): Promise<void> {
    const track = LocalAudioTrack.createAudioTrack('phone', this.#source);
    await this.participant.localParticipant!.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
    );
    let sent = 0;
    const began = performance.now();
    this.#timer = setInterval(() => {
      for (; sent * 20 < performance.now() - began; sent++) this.#sendFrame();
    }, 10);
  }

  /** When it first spoke, by `performance.now()`; the speech that was queued begins loud. */
  spokeAtMs = 0;
  /** When it first heard something loud. */
  firstHeardAtMs = 0;
  /** The same of each other participant alone. */
  readonly voices: Int16Array[][] = [];
  /** Told of each frame of 20 ms that it hears. */
  onFrame: (isLoud: boolean) => void = () => undefined;

  speak(pcm: Int16Array): void {
    this.#queue.push(pcm);
  }

  get speaking(): boolean {
    return this.#queue.length > 0;
  }

  /** Seconds of frames that were not silent. */
  get heardSeconds(): number {
    return this.#loudFrames / 50;
  }

  /** Everything heard of all, or of one voice, in one piece. */
  sound(heard: readonly Int16Array[] = this.heard): Int16Array {
    return Int16Array.from(heard.flatMap((chunk) => [...chunk]));
  }

  /** The same up to the last sound. */
  speech(heard: readonly Int16Array[]): Int16Array {
    return this.sound(heard.slice(0, heard.findLastIndex(isSound) + 1));
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.participant.disconnect();
    await this.#source.close();
  }

  #sendFrame(): void {
    const frame = new Int16Array(160);
    const head = this.#queue[0];
    if (head) {
      if (this.spokeAtMs === 0 && head.subarray(0, 160).some((sample) => Math.abs(sample) > LOUD))
        this.spokeAtMs = performance.now() + this.#source.queuedDuration;
      frame.set(head.subarray(0, 160));
      if (head.length <= 160) this.#queue.shift();
      else this.#queue[0] = head.subarray(160);
    }
    // The source never catches up by itself: once this process was late, the voice would stay late.
    if (this.#source.queuedDuration > ON_TIME_MS && frame.every((sample) => Math.abs(sample) < SILENT)) return;
    this.#source.captureFrame(new AudioFrame(frame, SAMPLE_RATE, 1, frame.length)).catch(() => undefined);
  }

  async #hear(track: RemoteTrack): Promise<void> {
    if (track.kind !== TrackKind.KIND_AUDIO) return;
    const voice: Int16Array[] = [];
    for await (const { data } of new AudioStream(track, { sampleRate: SAMPLE_RATE, numChannels: 1, frameSizeMs: 20 })) {
      const pcm = data.slice();
      const isLoud = isSound(pcm);
      this.onFrame(isLoud);
      if (this.firstHeardAtMs === 0 && pcm.some((sample) => Math.abs(sample) > LOUD))
        this.firstHeardAtMs = performance.now();
      if (isLoud) {
        this.#loudFrames++;
        this.loudAtMs = performance.now();
      }
      if (isLoud || this.heard.length > 0) this.heard.push(pcm);
      if (isLoud && voice.length === 0) this.voices.push(voice);
      if (isLoud || voice.length > 0) voice.push(pcm);
    }
  }
}
