import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call, EndStatus } from '#core/calls/call.ts';
import { recordingKeyOf } from '#core/calls/recording.ts';
import type { CallCommand, LiveView, Reservation } from '#core/calls/live-calls.ts';
import { AppError } from '#core/kernel/errors.ts';
import { maskNumber } from '#core/kernel/phone-number.ts';
import type { WallClock } from '#core/kernel/ports.ts';
import type { FileStore, Ownership, Store } from '#core/ports.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import { VoiceSession, type Providers } from '#engine/voice-session.ts';
import { scriptFor } from './agent-script.ts';
import { runCallTool } from './call-tools.ts';
import { CallWriter } from './call-writer.ts';
import { Recorder } from './recorder.ts';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunningCallOptions {
  readonly call: Call;
  readonly agent: AiAgent;
  readonly ownership: Ownership;
  readonly reservation: Reservation;
  readonly callClock: CallClock;
  readonly providers: Providers;
  readonly store: Store;
  readonly files: FileStore;
  readonly clock: WallClock;
  readonly log: Log;
  /** Tells the carrier that the call is over. */
  readonly hangUpCarrier: () => void;
  /** Everything is on record and released. */
  readonly onGone: () => void;
  /** What happens on the call, for whoever watches this process. */
  readonly watch: (event: CallWatchEvent) => void;
}

export type CallWatchEvent = { readonly callSid: string; readonly atMs: number } & ({ readonly type: 'note'; readonly note: TurnNote } | { readonly type: 'status'; readonly status: string; readonly reason: string | null });

/** Reasons of ours that break a call off, and what they mean to a person. */
const BROKEN: Readonly<Record<string, string>> = {
  error: 'An internal error broke the call off',
  speech_failed: 'The agent could not speak: every voice failed',
  lost_ownership: 'Another server took the call over',
};

/** A call that runs here: binds engine, media leg, recording and records, and ends as one. */
export class RunningCall {
  readonly #options: RunningCallOptions;
  readonly #session: VoiceSession;
  readonly #writer: CallWriter;
  readonly #startedMs: number;
  #recorder: Recorder | null = null;
  #leg: MediaLeg | null = null;
  #answered = false;
  #ending = false;
  #lost = false;
  #taken = false;
  #connected = false;

  constructor(options: RunningCallOptions) {
    this.#options = options;
    const { call, agent, providers, callClock, store, clock, log } = options;
    this.#startedMs = callClock.nowMs();
    const script = scriptFor(agent, call);
    this.#writer = new CallWriter({
      call, ownership: options.ownership, store, clock,
      onLost: (why) => this.#letGo(why),
      onError: (error) => log.error({ err: error, call: call.sid }, 'a record of the call could not be written'),
    });
    this.#session = new VoiceSession({
      clock: callClock,
      providers,
      policy: script.policy,
      prompt: script.prompt,
      model: script.model,
      voiceId: script.voiceId,
      tools: script.tools,
      context: { phrases: script.phrases },
      host: {
        runTool: (_key, name, args) => runCallTool(store, clock, call, name, args),
        note: (note) => this.#note(note),
        agentFrame: (frame, playAtMs) => this.#recorder?.agent(frame, playAtMs),
        agentCut: (atMs) => this.#recorder?.cut(atMs),
        fellBack: (kind, from, to) => log.warn({ call: call.sid, kind, from, to }, 'fell back to the next provider'),
        hangUp: () => this.#hangUpLeg(),
        closed: (reason) => void this.#close(reason),
        failed: (error) => {
          log.error({ err: error, call: call.sid }, 'the call failed');
          void this.#close('error');
        },
      },
    });
    this.#writer.progress({ spokenBy: { speech_to_text: providers.speechToText[0]!.id, language_model: providers.languageModels[0]!.id, text_to_speech: providers.textToSpeech[0]!.id, voice_activity: providers.voiceActivity.id } });
    this.#session.prepare();
  }

  get call(): Call {
    return this.#options.call;
  }

  /** Whether a media connection is up. */
  get connected(): boolean {
    return this.#connected;
  }

  get answered(): boolean {
    return this.#answered;
  }

  get view(): LiveView {
    const { turn } = this.#session.state;
    return { speaking: this.#session.speaking, responding: turn !== null && !turn.speculative };
  }

  /** Somebody doubts that the call is still ours. */
  checkOwnership(): void {
    this.#writer.progress({});
  }

  ringing(): void {
    this.#writer.progress({ status: 'ringing' }, { type: 'call.ringing', callId: this.call.id, data: {} });
    this.#tell('ringing', null);
  }

  dialled(carrierCallId: string, placedMs: number): void {
    this.#writer.progress({ carrierCallId, placedMs });
  }

  /** The other end is there: recording begins, and the conversation. Answers where its media goes. */
  async answer(leg: MediaLeg): Promise<MediaEvents | null> {
    if (this.#ending || this.#answered) return null;
    this.#answered = true;
    this.#connected = true;
    this.#leg = leg;
    const { call, clock } = this.#options;
    const answered = { status: 'answered', answeredAt: clock.now() } as const;
    let recording: { key: string; offsetMs: number } | undefined;
    if (call.recorded) {
      try {
        const key = recordingKeyOf(call);
        const file = await this.#options.files.append(key, (error) => this.#stopRecording(error));
        recording = { key, offsetMs: this.#nowMs() };
        this.#recorder = new Recorder(file, this.#options.callClock.nowMs());
      } catch (error) {
        this.#stopRecording(error);
      }
    }
    this.#writer.progress({ ...answered, ...(recording === undefined ? {} : { recording }) }, { type: 'call.answered', callId: call.id, data: {} });
    this.#tell('answered', null);
    // Meanwhile the call may have ended, or the same party have come on another connection.
    return this.#ending || this.#leg !== leg ? null : this.#events();
  }

  /** The conversation starts: the other end hears us from now on. */
  begin(): void {
    if (this.#leg && !this.#ending) this.#session.start(this.#leg);
  }

  /** The same party on a new connection. */
  reconnect(leg: MediaLeg): MediaEvents | null {
    if (this.#ending || !this.#answered) return null;
    if (this.#connected) {
      this.#leg?.close();
      this.#session.mediaLost();
    }
    this.#leg = leg;
    this.#connected = true;
    this.#session.mediaBack(leg);
    return this.#events();
  }

  command(command: CallCommand): void {
    if (command.type === 'say') this.#session.say(command.text);
    else if (this.#answered) this.#session.end(command.reason);
    else void this.fail('canceled', command.reason, 'The call was canceled');
  }

  /** The call did not come off. */
  async fail(status: EndStatus, reason: string, failure: string): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#taken) this.#options.hangUpCarrier();
    await this.#finish(status, reason, failure);
  }

  #events(): MediaEvents {
    const leg = this.#leg;
    const current = () => this.#leg === leg;
    return {
      audio: (mulaw) => {
        if (!current() || this.#ending) return;
        this.#recorder?.caller(mulaw, this.#options.callClock.nowMs());
        this.#session.audio(mulaw);
      },
      mark: (name) => current() && this.#session.mark(name),
      dtmf: (digit) => current() && this.#session.dtmf(digit),
      hungUp: () => current() && this.#session.hungUp('caller_hung_up'),
      lost: () => {
        if (!current()) return;
        this.#connected = false;
        this.#leg = null;
        this.#session.mediaLost();
      },
      resumed: () => undefined,
    };
  }

  #note(note: TurnNote): void {
    this.#writer.note(note);
    if (note.kind === 'recovered') this.#options.log.warn({ call: this.call.sid, what: note.what }, 'the watchdog freed a turn');
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'note', note });
  }

  /** The call goes on without; why stands on its record. */
  #stopRecording(error: unknown): void {
    this.#recorder = null;
    const { call, log } = this.#options;
    log.warn({ err: error, call: call.sid }, 'the call is not recorded any further');
    this.#writer.progress({ recordingFailure: error instanceof AppError ? error.message : 'The recording could not be written' });
  }

  #hangUpLeg(): void {
    this.#leg?.close();
    this.#leg = null;
    this.#connected = false;
    if (!this.#taken) this.#options.hangUpCarrier();
  }

  /** Nothing more may be written: stop without a word. Whoever took the call over has the carrier's end of it too. */
  #letGo(why: 'ended' | 'taken'): void {
    if (this.#lost || this.#ending) return;
    this.#lost = true;
    this.#taken = why === 'taken';
    if (this.#answered) this.#session.end('lost_ownership');
    else void this.fail('canceled', 'lost_ownership', 'Another server took the call over');
  }

  async #close(reason: string): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#hangUpLeg();
    const broken = BROKEN[reason];
    if (broken !== undefined) await this.#finish('broken', reason, broken);
    else await this.#finish(reason === 'voicemail' ? 'voicemail' : 'completed', reason, null);
  }

  async #finish(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    const { call, log, onGone, reservation } = this.#options;
    try {
      await this.#recorder?.close();
    } catch (error) {
      log.error({ err: error, call: call.sid }, 'the recording could not be finished');
    }
    this.#recorder = null;
    if (!this.#lost) await this.#writer.end(status, reason, failure);
    if (!this.#answered) this.#session.hungUp(reason);
    reservation.give();
    log.info({ call: call.sid, to: maskNumber(call.to), status, reason }, 'call ended');
    this.#tell(status, failure ?? reason);
    onGone();
  }

  #tell(status: string, reason: string | null): void {
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'status', status, reason });
  }

  #nowMs(): number {
    return Math.round(this.#options.callClock.nowMs() - this.#startedMs);
  }
}
