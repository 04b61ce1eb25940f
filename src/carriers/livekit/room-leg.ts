import type { AudioSource, Room } from '@livekit/rtc-node';
import { FRAME_MS } from '#engine/audio/format.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';

/** Time from the source to the ear: the encoder, the server and the jitter buffer of the other end. */
const FAR_BUFFER_MS = 80;

/** The AI agent's voice in a room, at the call's rate: the media library resamples it to the room's. */
export class RoomLeg implements MediaLeg {
  readonly bufferMs = FAR_BUFFER_MS;
  readonly #room: Room;
  readonly #source: AudioSource;
  readonly #frameOf: (pcm: Int16Array) => Parameters<AudioSource['captureFrame']>[0];
  readonly #onMark: (name: string) => void;
  readonly #onClose: () => void;
  readonly #marks = new Set<NodeJS.Timeout>();
  /** When everything sent so far has left the source, by `performance.now()`. */
  #playedMs = 0;
  #closed = false;

  constructor(options: {
    readonly room: Room;
    readonly source: AudioSource;
    readonly frameOf: (pcm: Int16Array) => Parameters<AudioSource['captureFrame']>[0];
    readonly onMark: (name: string) => void;
    readonly onClose: () => void;
  }) {
    this.#room = options.room;
    this.#source = options.source;
    this.#frameOf = options.frameOf;
    this.#onMark = options.onMark;
    this.#onClose = options.onClose;
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    this.#playedMs = Math.max(performance.now(), this.#playedMs) + FRAME_MS;
    // Rejects when the room is left meanwhile.
    this.#source.captureFrame(this.#frameOf(decodeMulaw(frame))).catch(() => undefined);
  }

  mark(name: string): void {
    if (this.#closed) return;
    const timer = setTimeout(
      () => {
        this.#marks.delete(timer);
        this.#onMark(name);
      },
      Math.max(0, this.#playedMs - performance.now()) + FAR_BUFFER_MS,
    );
    this.#marks.add(timer);
  }

  clear(): void {
    this.#dropMarks();
    this.#playedMs = 0;
    if (!this.#closed) this.#source.clearQueue();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropMarks();
    this.#onClose();
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(!this.#closed && this.#room.isConnected);
  }

  #dropMarks(): void {
    for (const timer of this.#marks) clearTimeout(timer);
    this.#marks.clear();
  }
}
