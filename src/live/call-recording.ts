import type { Call } from '#core/calls/call.ts';
import type { CallProgress } from '#core/calls/call-store.ts';
import { recordingKeyOf } from '#core/calls/recording.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { Log } from '#core/kernel/log.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import { Recorder } from '#recordings/recorder.ts';
import type { Continuation } from './continuation.ts';

export interface CallRecordingOptions {
  readonly call: Call;
  readonly callClock: CallClock;
  readonly files: FileStore;
  /** Null if the call began on this server. */
  readonly continued: Pick<Continuation, 'state'> | null;
  readonly log: Log;
  /** Stores a change of the call's record. */
  readonly progress: (change: CallProgress) => void;
}

/** The recording of one running call. A failure ends the recording, not the call. */
export class CallRecording {
  readonly #options: CallRecordingOptions;
  readonly #startedMs: number;
  #recorder: Recorder | null = null;

  constructor(options: CallRecordingOptions) {
    this.#options = options;
    this.#startedMs = options.callClock.nowMs() - (options.continued?.state.nowMs ?? 0);
  }

  /** Starts the recording, or continues that of another server, if the call is recorded. Never rejects. */
  async start(): Promise<void> {
    if (!this.#options.call.recorded) return;
    try {
      this.#options.progress({ recording: await this.#open() });
    } catch (error) {
      this.#stop(error);
    }
  }

  /** Caller's audio that has just come in. */
  caller(mulaw: Uint8Array): void {
    this.#recorder?.caller(mulaw, this.#options.callClock.nowMs());
  }

  /** An agent frame that will be heard from `playAtMs` on. */
  agent(frame: Uint8Array, playAtMs: number): void {
    this.#recorder?.agent(frame, playAtMs);
  }

  /** Agent audio from `atMs` on was never heard. */
  cut(atMs: number): void {
    this.#recorder?.cut(atMs);
  }

  /** Writes all audio so far: another server may continue the recording. */
  settle(): void {
    this.#recorder?.settle();
  }

  /** Finishes the file, or leaves it to the server that has taken the call. Never rejects. */
  async finish(taken: boolean): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = null;
    try {
      await (taken ? recorder?.leave() : recorder?.close());
    } catch (error) {
      const { call, log } = this.#options;
      log.error({ err: error, call: call.sid }, 'the recording could not be finished');
    }
  }

  async #open(): Promise<{ key: string; offsetMs: number }> {
    const { call, callClock, files, continued } = this.#options;
    const key = recordingKeyOf(call);
    const size = continued === null ? 0 : ((await files.read(key))?.size ?? 0);
    const file = await files.append(key, (error) => this.#stop(error));
    const nowMs = callClock.nowMs();
    const onClockMs = Math.round(nowMs - this.#startedMs);
    if (size === 0 || call.recordingOffsetMs === null) {
      this.#recorder = new Recorder(file, nowMs);
      return { key, offsetMs: onClockMs };
    }
    const { recordingOffsetMs: offsetMs } = call;
    this.#recorder = new Recorder(file, nowMs - (onClockMs - offsetMs), size);
    return { key, offsetMs };
  }

  /** The call continues without a recording; the call's record states the reason. */
  #stop(error: unknown): void {
    this.#recorder = null;
    const { call, log, progress } = this.#options;
    log.warn({ err: error, call: call.sid }, 'recording stopped');
    progress({
      recordingFailure: error instanceof AppError ? error.message : 'The recording could not be written',
    });
  }
}
