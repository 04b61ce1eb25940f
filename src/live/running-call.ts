import type { Log } from '#core/kernel/log.ts';
import { numberOf } from '#core/people/withheld-number.ts';
import type { CallJournal } from '#core/calls/call-journal.ts';
import type { Call, EndStatus } from '#core/calls/call.ts';
import { endOf } from '#core/calls/receive-call.ts';
import { recordingKeyOf } from '#core/calls/recording.ts';
import type { CallCommand, LiveView, Reservation } from '#core/calls/live-calls.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import { DEFAULT_POLICY } from '#engine/turns/policy.ts';
import { TRANSFERRED, VoiceSession } from '#engine/voice-session.ts';
import { type Providers } from '#engine/contracts/providers.ts';
import { callFields } from './call-fields.ts';
import type { Continuation } from './continuation.ts';
import { CallWriter } from './call-writer.ts';
import type { PreparedCall } from './prepared-call.ts';
import { Recorder } from '#recordings/recorder.ts';
import { UsageMeter } from './usage-meter.ts';
import { VendorWatch } from '#agent-mind/vendor-watch.ts';
import type { AgentTools } from '#agent-mind/tools/agent-tools.ts';

/** The requests that a call can make of its carrier. */
export interface CarrierSide {
  /** The call is over. */
  hangUp(): void;
  /** Transfers the caller to the agent's number; null if that is not possible. */
  readonly transfer: (() => Promise<void>) | null;
}

/** For calls that consist of a media socket only: closing it is enough. */
export const NO_CARRIER: CarrierSide = { hangUp: () => undefined, transfer: null };

export interface RunningCallOptions {
  readonly call: Call;
  readonly prepared: PreparedCall;
  readonly ownership: Ownership;
  readonly reservation: Reservation;
  readonly callClock: CallClock;
  readonly providers: Providers;
  readonly store: Store;
  readonly files: FileStore;
  readonly journal: CallJournal;
  readonly clock: WallClock;
  readonly log: Log;
  readonly tools: AgentTools;
  readonly carrier: CarrierSide;
  /** The server is full but the call must be answered: the caller hears an apology, and the call ends. */
  readonly turnAway?: boolean;
  /** All records are stored and all resources released. */
  readonly onGone: () => void;
  /** Receives every event of the call. */
  readonly watch: (event: CallWatchEvent) => void;
  /** Null if the call began on this server. */
  readonly continued: Continuation | null;
}

export type CallWatchEvent = { readonly callSid: string; readonly atMs: number } & (
  | { readonly type: 'note'; readonly note: TurnNote }
  | { readonly type: 'status'; readonly status: string; readonly reason: string | null }
);

/** End reason of a call that was answered while the server was full. */
const NO_CAPACITY = 'no_capacity';

/** End reason of a call that the carrier broke off after it was connected. */
const CARRIER_FAILED = 'carrier_failed';

/** The turn machine's end reason when all speech providers failed. */
const SPEECH_FAILED = 'speech_failed';

/** Failure texts of our own end reasons. */
const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  error: 'The call ended because of an internal error',
  [SPEECH_FAILED]: 'The agent could not speak: all speech providers failed',
  lost_ownership: 'Another server took the call over',
  [CARRIER_FAILED]: 'The carrier broke the call off',
  [NO_CAPACITY]: 'There was no room for another call on this server',
};

/** A call that runs on this server: connects engine, media leg, recording and records, and ends them together. */
export class RunningCall {
  readonly #options: RunningCallOptions;
  readonly #session: VoiceSession;
  readonly #writer: CallWriter;
  readonly #startedMs: number;
  readonly #meter: UsageMeter;
  #recorder: Recorder | null = null;
  #leg: MediaLeg | null = null;
  /** Media is connected. */
  #answered = false;
  /** The answer of the call is stored. */
  #pickedUp: boolean;
  #answeredAt: number | null;
  /** The carrier has reported the end of the call, so it need not be hung up. */
  #goneAtCarrier = false;
  #ending = false;
  #lost = false;
  #taken = false;
  #handedOver = false;
  #apologised = false;
  #connected = false;
  #begun = false;
  /** Commands that came before the conversation began. */
  readonly #earlyCommands: CallCommand[] = [];

  constructor(options: RunningCallOptions) {
    this.#options = options;
    const { call, callClock, store, clock, log, prepared } = options;
    const { agent, lookup } = prepared;
    this.#pickedUp = call.answeredAt !== null;
    this.#answeredAt = call.answeredAt?.getTime() ?? null;
    const watch = new VendorWatch({
      agent,
      talk: { call: call.sid },
      agents: store.agents,
      clock,
      log,
      keep: (vendorErrors) => this.#writer.progress({ vendorErrors }),
    });
    this.#meter = new UsageMeter({
      changed: (did) =>
        this.#writer.progress({ spokenBy: { voice_activity: options.providers.voiceActivity.id, ...did } }),
      failed: (vendor, does, failure) => watch.failed(vendor, does, failure),
    });
    const watched = this.#meter.watch(options.providers);
    const providers: Providers = {
      ...watched,
      languageModels: prepared.models(watched.languageModels, (models) => this.#meter.models(models), {
        watch,
        canTransfer: options.carrier.transfer !== null,
      }),
    };
    this.#startedMs = callClock.nowMs();
    const script = prepared.script(call);
    this.#writer = new CallWriter({
      call,
      continued: options.continued,
      ownership: options.ownership,
      store,
      clock,
      journal: options.journal,
      sourcesOf: (text) => lookup?.sourcesOf(text) ?? [],
      takeUsage: () => this.#meter.take(),
      onLost: (why) => this.#loseOwnership(why),
      onError: (error, message) => log.error({ err: error, call: call.sid }, message),
    });
    this.#session = new VoiceSession({
      clock: callClock,
      providers,
      policy: {
        ...script.policy,
        attempts: Math.max(script.policy.attempts, providers.languageModels.length, providers.textToSpeech.length),
        ...(options.turnAway || options.continued ? { screen: false, firstMessage: null } : {}),
      },
      prompt: script.prompt,
      model: script.model,
      voiceId: script.voiceId,
      tools: options.tools.definitions,
      context: { phrases: script.phrases },
      before: options.continued,
      host: {
        runTool: (key, name, args, talk) => options.tools.run(key, name, args, talk),
        note: (note) => this.#note(note),
        agentFrame: (frame, playAtMs) => this.#recorder?.agent(frame, playAtMs),
        agentCut: (atMs) => this.#recorder?.cut(atMs),
        fellBack: (kind, from, to) => log.warn({ call: call.sid, kind, from, to }, 'fell back to the next provider'),
        hangUp: (reason) => this.#hangUpLeg(reason),
        closed: (reason) => void this.#close(reason),
        failed: (error) => {
          log.error({ err: error, call: call.sid }, 'the call failed');
          void this.#close('error');
        },
      },
    });
    this.#session.prepare();
  }

  get call(): Call {
    return this.#options.call;
  }

  /** Whether a media connection is up. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Asks the other end whether the media connection is up. */
  async isReached(): Promise<boolean> {
    return this.#connected && this.#leg !== null && (await this.#leg.isAlive()) && this.#connected;
  }

  get answered(): boolean {
    return this.#answered;
  }

  get view(): LiveView {
    const { turn } = this.#session.state;
    return { speaking: this.#session.speaking, responding: turn !== null && !turn.speculative };
  }

  /** Checks whether this server still owns the call. */
  checkOwnership(): void {
    this.#writer.progress({});
  }

  ringing(): void {
    this.#writer.progress({ status: 'ringing' }, { type: 'call.ringing', callId: this.call.id, data: {} });
    this.#tell('ringing', null);
  }

  /** The called person has answered; media may not be connected yet. */
  pickedUp(): void {
    if (this.#pickedUp || this.#ending) return;
    this.#pickedUp = true;
    const answeredAt = this.#options.clock.now();
    this.#answeredAt = answeredAt.getTime();
    this.#options.log.info(callFields(this.call), 'call answered');
    this.#writer.progress(
      { status: 'answered', answeredAt },
      { type: 'call.answered', callId: this.call.id, data: {} },
    );
    this.#tell('answered', null);
  }

  /** Takes a carrier's signal. Signals may be late, repeated or out of order; the call's state never goes back. */
  signal(said: CarrierSignal): void {
    switch (said.type) {
      case 'ringing':
        if (!this.#pickedUp && !this.#ending) this.ringing();
        return;
      case 'answered':
        return this.pickedUp();
      case 'answered-by':
        return this.#session.answeredBy(said.who);
      case 'recording':
        return;
      case 'ended': {
        this.#goneAtCarrier = true;
        if (this.#answered)
          return this.#session.hungUp(said.outcome === 'completed' ? 'caller_hung_up' : CARRIER_FAILED);
        const { status, reason, failure } = endOf(said, this.#pickedUp);
        return void this.fail(status, reason, failure);
      }
    }
  }

  /** Media is connected: starts the recording and prepares the conversation. Returns the receiver of the media. */
  async answer(leg: MediaLeg): Promise<MediaEvents | null> {
    if (this.#ending || this.#answered) return null;
    this.#answered = true;
    this.#connected = true;
    this.#leg = leg;
    const { call } = this.#options;
    this.pickedUp();
    let recording: { key: string; offsetMs: number } | undefined;
    if (call.recorded) {
      try {
        recording = await this.#record(recordingKeyOf(call));
      } catch (error) {
        this.#stopRecording(error);
      }
    }
    if (recording) this.#writer.progress({ recording });
    // Meanwhile the call may have ended, or the same party may have reconnected.
    return this.#ending || this.#leg !== leg ? null : this.#events();
  }

  /** Starts the recording, or continues that of another server. */
  async #record(key: string): Promise<{ key: string; offsetMs: number }> {
    const { call, callClock, files, continued } = this.#options;
    const size = continued === null ? 0 : ((await files.read(key))?.size ?? 0);
    const file = await files.append(key, (error) => this.#stopRecording(error));
    const nowMs = callClock.nowMs();
    const onClockMs = this.#nowMs() + (continued?.offsetMs ?? 0);
    if (size === 0 || call.recordingOffsetMs === null) {
      this.#recorder = new Recorder(file, nowMs);
      return { key, offsetMs: onClockMs };
    }
    const { recordingOffsetMs: offsetMs } = call;
    this.#recorder = new Recorder(file, nowMs - (onClockMs - offsetMs), size);
    return { key, offsetMs };
  }

  /** Starts the conversation: from now on the agent is heard. */
  begin(): void {
    if (!this.#leg || this.#ending) return;
    this.#session.start(this.#leg);
    this.#begun = true;
    for (const command of this.#earlyCommands.splice(0)) this.command(command);
    if (this.#options.turnAway) this.#session.say(DEFAULT_POLICY.phrases.allBusy, NO_CAPACITY);
  }

  /** Whether the call needs its audio in real time. */
  get inRealTime(): boolean {
    return !this.#options.callClock.waits;
  }

  /** The same party on a new connection. */
  reconnect(leg: MediaLeg): MediaEvents | null {
    if (this.#ending || !this.#answered) return null;
    if (this.#connected) {
      this.#leg?.close('replaced');
      this.#session.mediaLost();
    }
    this.#leg = leg;
    this.#connected = true;
    this.#session.mediaBack(leg);
    return this.#events();
  }

  command(command: CallCommand): void {
    // The call is answered, and its conversation is about to begin.
    if (command.type !== 'end' && !this.#begun) this.#earlyCommands.push(command);
    else if (command.type === 'say') this.#session.say(command.text);
    else if (command.type === 'message') this.#session.message(command.text);
    else if (this.#answered) this.#session.end(command.reason);
    else if (this.#pickedUp) void this.fail('completed', command.reason, null);
    else void this.fail('canceled', command.reason, 'The call was canceled');
  }

  /** Ends a call that failed, or that ended before anything was heard. */
  async fail(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#taken && !this.#goneAtCarrier) this.#options.carrier.hangUp();
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
        this.#recorder?.settle();
        this.#session.mediaLost();
      },
      resumed: () => undefined,
    };
  }

  #note(note: TurnNote): void {
    this.#writer.note(note);
    if (note.kind === 'entry' && note.item.role === 'agent' && note.item.text.includes(DEFAULT_POLICY.phrases.apology))
      this.#apologised = true;
    if (note.kind === 'recovered')
      this.#options.log.warn({ call: this.call.sid, what: note.what }, 'the watchdog freed a turn');
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'note', note });
  }

  /** The call continues without a recording; the call's record states the reason. */
  #stopRecording(error: unknown): void {
    this.#recorder = null;
    const { call, log } = this.#options;
    log.warn({ err: error, call: call.sid }, 'recording stopped');
    this.#writer.progress({
      recordingFailure: error instanceof AppError ? error.message : 'The recording could not be written',
    });
  }

  #hangUpLeg(reason: string): void {
    const leg = this.#leg;
    this.#leg = null;
    this.#connected = false;
    const { carrier } = this.#options;
    if (reason !== TRANSFERRED || !carrier.transfer || this.#taken || this.#goneAtCarrier) {
      leg?.close(this.#taken ? 'replaced' : 'ended');
      if (!this.#taken && !this.#goneAtCarrier && !this.#handedOver) carrier.hangUp();
      return;
    }
    // Requested after the agent's announcement, and not again when the call closes.
    if (this.#handedOver) return;
    this.#handedOver = true;
    // The media socket closes only after the transfer: a carrier whose socket closes asks for the next step.
    void carrier
      .transfer()
      .catch(() => {
        carrier.hangUp();
        this.#noteCallback('a failed transfer');
      })
      .finally(() => leg?.close());
  }

  /** This server lost the call and may write nothing more. The new owner also controls the call at the carrier. */
  #loseOwnership(why: 'ended' | 'taken'): void {
    if (this.#lost || this.#ending) return;
    this.#lost = true;
    this.#taken = why === 'taken';
    if (this.#answered) this.#session.end('lost_ownership');
    else void this.fail('canceled', 'lost_ownership', 'Another server took the call over');
  }

  async #close(reason: string): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#hangUpLeg(reason);
    const broken = FAILURE_TEXTS[reason];
    if (broken !== undefined) await this.#finish('broken', reason, broken);
    else await this.#finish(reason === 'voicemail' ? 'voicemail' : 'completed', reason, null);
  }

  async #finish(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    const { call, clock, log, onGone, reservation } = this.#options;
    try {
      await (this.#taken ? this.#recorder?.leave() : this.#recorder?.close());
    } catch (error) {
      log.error({ err: error, call: call.sid }, 'the recording could not be finished');
    }
    this.#recorder = null;
    // A caller to whom all providers failed gets a callback.
    if (!this.#lost && (this.#apologised || reason === SPEECH_FAILED))
      this.#noteCallback('a technical problem on the call');
    if (!this.#answered) this.#session.hungUp(reason);
    // The slot is free even if the end of the call has to wait for the database.
    reservation.give();
    if (!this.#lost) await this.#writer.end(status, reason, failure);
    log.info(
      {
        ...callFields(call),
        status,
        reason,
        ...(failure === null ? {} : { failure }),
        duration_s: this.#answeredAt === null ? 0 : Math.floor((clock.now().getTime() - this.#answeredAt) / 1000),
      },
      'call ended',
    );
    this.#tell(status, failure ?? reason);
    onGone();
  }

  #noteCallback(reason: string): void {
    const { call } = this.#options;
    this.#writer.callback({
      callId: call.id,
      personId: call.personId,
      number: numberOf(call.direction === 'inbound' ? call.from : call.to),
      wanted: 'as soon as possible',
      dueAt: null,
      reason,
    });
  }

  #tell(status: string, reason: string | null): void {
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'status', status, reason });
  }

  #nowMs(): number {
    return Math.round(this.#options.callClock.nowMs() - this.#startedMs);
  }
}
