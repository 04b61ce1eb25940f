import type { Call } from '#core/calls/call.ts';
import type { CallProgress } from '#core/calls/call-store.ts';
import { recordingFiles, recordingKeyOf } from '#core/calls/recording.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { Log } from '#core/kernel/log.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import { FRAME_MS } from '#engine/audio/format.ts';
import { LateFile } from '#recordings/late-file.ts';
import { Recorder } from '#recordings/recorder.ts';
import type { Continuation } from './continuation.ts';

export interface CallRecordingOptions {
  readonly call: Call;
  readonly callClock: CallClock;
  readonly files: FileStore;
  /** Null if the call began on this server. */
  readonly continued: { readonly state: Pick<Continuation['state'], 'nowMs'> } | null;
  readonly log: Log;
  /** Stores a change of the call's record. */
  readonly progress: (change: CallProgress) => void;
}

/**
 * The recording of one running call: the caller, and what the caller hears of our side. What only some of our side hear
 * goes to a file apart. A failure ends the recording, not the call.
 */
export class CallRecording {
  readonly #options: CallRecordingOptions;
  readonly #startedMs: number;
  #recorder: Recorder | null = null;
  #apart: Recorder | null = null;
  #apartFailed = false;

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
    const { apartOffsetMs } = this.#options.call;
    if (apartOffsetMs !== null) await this.#continueApart(apartOffsetMs).catch((error) => this.#stopApart(error));
  }

  /** Caller's audio that has just come in. */
  caller(mulaw: Uint8Array): void {
    this.#recorder?.caller(mulaw, this.#options.callClock.nowMs());
  }

  /** An agent frame that will be heard from `playAtMs` on. */
  agent(frame: Uint8Array, playAtMs: number): void {
    this.#recorder?.agent(frame, playAtMs);
    this.#apart?.pass(playAtMs);
  }

  /** A frame that some of our side will hear from `playAtMs` on, and the caller will not. */
  apart(from: 'ai-agent' | 'people', frame: Uint8Array, playAtMs: number): void {
    if (!this.#recorder) return;
    const apart = (this.#apart ??= this.#beginApart(playAtMs));
    if (from === 'people') apart?.agent(frame, playAtMs);
    else apart?.caller(frame, playAtMs + FRAME_MS);
  }

  /** Agent audio from `atMs` on was never heard. */
  cut(atMs: number): void {
    this.#recorder?.cut(atMs);
  }

  /** Writes all audio so far: another server may continue the recording. */
  settle(): void {
    this.#recorder?.settle();
    this.#apart?.settle();
  }

  /** Finishes the file, or leaves it to the server that has taken the call. Never rejects. */
  async finish(taken: boolean): Promise<void> {
    const recorders = [this.#recorder, this.#apart];
    this.#recorder = null;
    this.#apart = null;
    for (const recorder of recorders)
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
    const file = await files.append(key, (error) => this.#stop(error), continued !== null);
    const nowMs = callClock.nowMs();
    const onClockMs = this.#onClock(nowMs);
    if (size === 0 || call.recordingOffsetMs === null) {
      this.#recorder = new Recorder(file, nowMs);
      return { key, offsetMs: onClockMs };
    }
    const { recordingOffsetMs: offsetMs } = call;
    this.#recorder = new Recorder(file, nowMs - (onClockMs - offsetMs), size);
    return { key, offsetMs };
  }

  /** The time of a moment on the whole call's clock, of which this server may run the last part only. */
  #onClock(ms: number): number {
    return Math.round(ms - this.#startedMs);
  }

  #beginApart(nowMs: number): Recorder | null {
    if (this.#apartFailed) return null;
    const { files, progress } = this.#options;
    const failed = (error: unknown) => this.#stopApart(error);
    const recorder = new Recorder(new LateFile(files.append(this.#apartKey, failed), failed), nowMs);
    progress({ apartOffsetMs: this.#onClock(nowMs) });
    return recorder;
  }

  /** Another server began it. */
  async #continueApart(offsetMs: number): Promise<void> {
    const { callClock, files } = this.#options;
    const size = (await files.read(this.#apartKey))?.size ?? 0;
    const file = await files.append(this.#apartKey, (error) => this.#stopApart(error), true);
    const nowMs = callClock.nowMs();
    this.#apart = new Recorder(file, nowMs - (this.#onClock(nowMs) - offsetMs), size);
  }

  get #apartKey(): string {
    return recordingFiles(recordingKeyOf(this.#options.call)).apart;
  }

  #stopApart(error: unknown): void {
    this.#apart = null;
    this.#apartFailed = true;
    const { call, log } = this.#options;
    log.warn({ err: error, call: call.sid }, 'the recording of what the caller does not hear stopped');
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
