import type { Log } from '#core/kernel/log.ts';
import type { Measurements } from '#core/metrics/measurements.ts';
import type { CallJournal } from '#core/calls/call-journal.ts';
import type { Call, EndStatus } from '#core/calls/call.ts';
import { endOf } from '#core/calls/receive-call.ts';
import type { CallCommand, LiveView, Reservation } from '#core/calls/live-calls.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import { DEFAULT_POLICY } from '#engine/turns/policy.ts';
import { storedState, wordlessState } from '#engine/turns/stored-state.ts';
import { VoiceSession } from '#engine/voice-session.ts';
import { type Providers } from '#engine/contracts/providers.ts';
import type { Bridge } from './bridge/bridge.ts';
import { CallEnding, CARRIER_FAILED, NO_CAPACITY, type CarrierSide } from './call-ending.ts';
import { callFields } from './call-fields.ts';
import type { UserTalk } from './user-talk.ts';
import { CallMedia } from './call-media.ts';
import { CallRecording } from './call-recording.ts';
import { DurationLimit } from './duration-limit.ts';
import type { Continuation } from './continuation.ts';
import { CallWriter } from './call-writer.ts';
import type { PreparedCall } from './prepared-call.ts';
import { steadyClock } from './steady-clock.ts';
import { UsageMeter } from './usage-meter.ts';
import { VendorWatch } from '#agent-mind/vendor-watch.ts';
import type { QuickAnswers } from '#agent-mind/quick-answers.ts';
import type { AgentTools } from '#agent-mind/tools/agent-tools.ts';

export interface RunningCallOptions {
  readonly call: Call;
  readonly prepared: PreparedCall;
  readonly ownership: Ownership;
  readonly reservation: Reservation;
  readonly callClock: CallClock;
  readonly providers: Providers;
  readonly quickAnswers: QuickAnswers;
  readonly store: Store;
  readonly files: FileStore;
  readonly journal: CallJournal;
  readonly clock: WallClock;
  readonly log: Log;
  readonly measurements: Pick<Measurements, 'turnAnswered'>;
  readonly tools: AgentTools;
  readonly carrier: CarrierSide;
  /** The server is full but the call must be answered: the caller hears an apology, and the call ends. */
  readonly turnAway?: boolean;
  /** All records are stored and all resources released. `reason` is null if another server has the call. */
  readonly onGone: (reason: string | null) => void;
  /** What the AI agent, or the person who talks with it, has said. */
  readonly said: (who: 'agent' | 'caller', text: string) => void;
  /** Who has answered an outbound call, as far as it is known. */
  readonly answeredBy: (who: 'human' | 'machine') => void;
  /** The caller's audio. */
  readonly heard: (mulaw: Uint8Array) => void;
  /** Receives every event of the call. */
  readonly watch: (event: CallWatchEvent) => void;
  /** Null if the call began on this server. */
  readonly continued: Continuation | null;
}

export type CallWatchEvent = { readonly callSid: string; readonly atMs: number } & (
  | { readonly type: 'note'; readonly note: TurnNote }
  | { readonly type: 'status'; readonly status: string; readonly reason: string | null }
);

/** A call that runs on this server: connects engine, media leg, recording and records, and ends them together. */
export class RunningCall {
  readonly #options: RunningCallOptions;
  readonly #session: VoiceSession;
  readonly #writer: CallWriter;
  readonly #startedMs: number;
  readonly #clock: WallClock;
  readonly #meter: UsageMeter;
  readonly #recording: CallRecording;
  readonly #ending: CallEnding;
  readonly #media: CallMedia;
  readonly #durationLimit: DurationLimit | null;
  /** Media is connected. */
  #answered = false;
  /** The answer of the call is stored. */
  #pickedUp: boolean;
  #answeredAt: number | null;
  /** By the call's own clock; null if another server had it then. */
  #answeredClockMs: number | null = null;
  #begun = false;
  /** The caller waits for a human. */
  #waits = false;
  /** Commands that came before the conversation began. */
  readonly #earlyCommands: Exclude<CallCommand, { type: 'desk' | 'leg' | 'room' | 'listener' }>[] = [];

  constructor(options: RunningCallOptions) {
    this.#options = options;
    const { call, callClock, store, log, prepared } = options;
    const clock = (this.#clock = steadyClock(options.clock));
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
    const script = prepared.script(call);
    const watched = options.quickAnswers.providers(
      this.#meter.watch(options.providers),
      callClock,
      script.policy.phrases,
    );
    const providers: Providers = {
      ...watched,
      languageModels: prepared.models(watched.languageModels, (models) => this.#meter.models(models), {
        watch,
        canTransfer: options.carrier.transfer !== null,
      }),
    };
    this.#startedMs = callClock.nowMs() - (options.continued?.state.nowMs ?? 0);
    this.#writer = new CallWriter({
      call,
      continued: options.continued,
      ownership: options.ownership,
      store,
      clock,
      journal: options.journal,
      turnState: () => (call.transcribed ? storedState : wordlessState)(this.#session.state),
      sourcesOf: (text) => lookup?.sourcesOf(text) ?? [],
      takeUsage: () => this.#meter.take(),
      measurements: options.measurements,
      onLost: (why) => this.#ending.loseOwnership(why),
      onError: (error, message) => log.error({ err: error, call: call.sid }, message),
    });
    this.#recording = new CallRecording({
      call,
      callClock,
      files: options.files,
      continued: options.continued,
      log,
      progress: (change) => this.#writer.progress(change),
    });
    this.#ending = new CallEnding({
      ...options,
      clock,
      writer: this.#writer,
      recording: this.#recording,
      isAnswered: () => this.#answered,
      answeredAt: () => this.#answeredAt,
      talkMs: () => (this.#answeredClockMs === null ? null : callClock.nowMs() - this.#answeredClockMs),
      detach: () => this.#media.detach(),
      endConversation: (reason) => this.#session.end(reason),
      stopConversation: (reason) => this.#session.hungUp(reason),
      report: (status, reason) => this.#tell(status, reason),
      onGone: (reason) => {
        this.#durationLimit?.stop();
        options.onGone(reason);
      },
    });
    this.#media = new CallMedia({
      clock: callClock,
      recording: this.#recording,
      agent: {
        audio: (mulaw) => this.#session.audio(mulaw),
        mark: (name) => this.#session.mark(name),
        reroute: (change) => this.#session.reroute(change),
      },
      failed: (participant, error) => log.warn({ err: error, call: call.sid, participant }, 'a connection failed'),
    });
    this.#session = new VoiceSession({
      clock: callClock,
      providers,
      policy: {
        ...script.policy,
        attempts: Math.max(script.policy.attempts, providers.languageModels.length, providers.textToSpeech.length),
        ...(options.turnAway ? { screen: false, firstMessage: null } : {}),
      },
      prompt: script.prompt,
      model: script.model,
      voiceId: script.voiceId,
      tools: options.tools.definitions,
      context: { phrases: script.phrases },
      restored: options.continued?.state ?? null,
      host: {
        runTool: async (key, name, args, talk) => {
          const outcome = await options.tools.run(key, name, args, talk);
          if (outcome.waitForHuman) this.#waitForHuman();
          return outcome;
        },
        note: (note) => this.#note(note),
        agentFrame: (frame, playAtMs) => this.#media.agentFrame(frame, playAtMs),
        agentCut: (atMs) => this.#media.agentCut(atMs),
        fellBack: (kind, from, to) => log.warn({ call: call.sid, kind, from, to }, 'fell back to the next provider'),
        hangUp: (reason) => this.#ending.hangUp(reason),
        closed: (reason) => void this.#ending.close(reason),
        failed: (error) => {
          log.error({ err: error, call: call.sid }, 'the call failed');
          void this.#ending.close('error');
        },
      },
    });
    this.#durationLimit =
      call.overrides.maxDurationMs === undefined
        ? null
        : new DurationLimit({
            clock: callClock,
            maxMs: call.overrides.maxDurationMs,
            phrases: script.policy.phrases,
            say: (text, endsCall) => this.#session.say(text, endsCall),
            end: (reason) => this.#session.end(reason),
          });
    this.#session.prepare();
  }

  get call(): Call {
    return this.#options.call;
  }

  /** Asks the other end whether the media connection is up. */
  isReached(): Promise<boolean> {
    return this.#media.isReached();
  }

  /** Joins the call's participants. */
  get bridge(): Bridge {
    return this.#media.bridge;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Stores where the conversation is, so that another server can go on with it. */
  async checkpoint(): Promise<void> {
    if (this.#begun && !this.#ending.begun) await this.#writer.checkpoint();
  }

  get view(): LiveView {
    const { turn } = this.#session.state;
    return { speaking: this.#session.speaking, responding: turn !== null && !turn.speculative };
  }

  /** Checks whether this server still owns the call. */
  /** The called person has answered. */
  get isPickedUp(): boolean {
    return this.#pickedUp;
  }

  checkOwnership(): void {
    this.#writer.progress({});
  }

  ringing(): void {
    this.#writer.progress({ status: 'ringing' }, { type: 'call.ringing', callId: this.call.id, data: {} });
    this.#tell('ringing', null);
  }

  /** The called person has answered; media may not be connected yet. */
  pickedUp(): void {
    if (this.#pickedUp || this.#ending.begun) return;
    this.#pickedUp = true;
    const answeredAt = this.#clock.now();
    this.#answeredAt = answeredAt.getTime();
    this.#answeredClockMs = this.#options.callClock.nowMs();
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
        if (!this.#pickedUp && !this.#ending.begun) this.ringing();
        return;
      case 'answered':
        return this.pickedUp();
      case 'answered-by':
        return this.#session.answeredBy(said.who);
      case 'recording':
        return;
      case 'ended': {
        this.#ending.goneAtCarrier();
        if (this.#answered)
          return this.#session.hungUp(said.outcome === 'completed' ? 'caller_hung_up' : CARRIER_FAILED);
        const { status, reason, failure } = endOf(said, this.#pickedUp);
        return void this.fail(status, reason, failure);
      }
    }
  }

  /** Media is connected: starts the recording and prepares the conversation. Returns the receiver of the media. */
  async answer(leg: MediaLeg): Promise<MediaEvents | null> {
    if (this.#ending.begun || this.#answered) return null;
    this.#answered = true;
    this.#media.connect(leg);
    this.pickedUp();
    // A call that came in answered has its answer now, by its own clock.
    if (this.#options.continued === null) this.#answeredClockMs ??= this.#options.callClock.nowMs();
    await this.#recording.start();
    // Meanwhile the call may have ended, or the same party may have reconnected.
    return this.#ending.begun || this.#media.leg !== leg ? null : this.#events();
  }

  /** Starts the conversation: from now on the agent is heard. */
  begin(): void {
    if (!this.#media.leg || this.#ending.begun) return;
    this.#session.start(this.#media.agentLeg);
    this.#begun = true;
    this.#durationLimit?.start(this.#options.continued?.state.nowMs ?? 0);
    for (const command of this.#earlyCommands.splice(0)) this.command(command);
    if (this.#options.turnAway) this.#session.say(DEFAULT_POLICY.phrases.allBusy, NO_CAPACITY);
  }

  /** Whether the call needs its audio in real time. */
  get inRealTime(): boolean {
    return !this.#options.callClock.waits;
  }

  /** The same party on a new connection. */
  reconnect(leg: MediaLeg): MediaEvents | null {
    if (this.#ending.begun || !this.#answered) return null;
    if (this.#media.leg) {
      this.#media.leg.close('replaced');
      this.#session.mediaLost();
    }
    this.#media.connect(leg);
    this.#session.mediaBack(this.#media.agentLeg);
    return this.#events();
  }

  /** A human agent takes the caller. */
  standAside(): void {
    this.#session.standAside();
  }

  /** The AI agent has the caller again, and says a sentence. */
  returnToCaller(text: string): void {
    this.#session.return(text);
  }

  endWith(text: string, reason: string): void {
    this.#session.return(text, reason);
  }

  /** Keeps what a human agent and the caller say to each other. */
  keepTalk(talk: UserTalk): void {
    const relative = (ms: number) => Math.max(0, Math.round(ms - this.#startedMs));
    this.#session.overhear({ ...talk, startMs: relative(talk.startMs), endMs: relative(talk.endMs) });
  }

  say(text: string): void {
    this.command({ type: 'say', text });
  }

  /** Since when the caller waits for a human agent; null if not. */
  isWaiting(since: Date | null): void {
    if (this.#waits === (since !== null) || this.#ending.begun) return;
    this.#waits = since !== null;
    this.#session.humanAwaited(this.#waits);
    this.#writer.progress({ waitingSince: since });
  }

  command(command: Exclude<CallCommand, { type: 'desk' | 'leg' | 'room' | 'listener' }>): void {
    // The call is answered, and its conversation is about to begin.
    if (command.type !== 'end' && !this.#begun) this.#earlyCommands.push(command);
    else if (command.type === 'say') this.#session.say(command.text);
    else if (command.type === 'message') this.#session.message(command.text);
    else if (command.type === 'instruct') this.#session.instruct(command.userId, command.text);
    else if (command.unanswered !== true || !this.#pickedUp)
      this.#ending.obey(command.reason, command.by ?? 'human', this.#pickedUp);
  }

  /** Ends a call that failed, or that ended before anything was heard. */
  fail(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    return this.#ending.fail(status, reason, failure);
  }

  #events(): MediaEvents {
    const { leg } = this.#media;
    const current = () => this.#media.leg === leg;
    return {
      audio: (mulaw) => {
        if (!current() || this.#ending.begun) return;
        this.#media.audio(mulaw);
        this.#options.heard(mulaw);
      },
      mark: (name) => current() && this.#media.mark(name),
      dtmf: (digit) => current() && this.#session.dtmf(digit),
      hungUp: () => current() && this.#session.hungUp('caller_hung_up'),
      lost: () => {
        if (!current()) return;
        this.#media.lose();
        this.#session.mediaLost();
        void this.checkpoint();
      },
      resumed: () => undefined,
    };
  }

  #note(note: TurnNote): void {
    this.#writer.note(note);
    if (note.kind === 'entry' && note.item.role === 'agent' && note.item.text.includes(DEFAULT_POLICY.phrases.apology))
      this.#ending.apologised();
    if (note.kind === 'entry' && (note.item.role === 'agent' || note.item.role === 'caller'))
      this.#options.said(note.item.role, note.item.text);
    if (note.kind === 'answered-by') this.#options.answeredBy(note.who);
    if (note.kind === 'recovered')
      this.#options.log.warn({ call: this.call.sid, what: note.what }, 'the watchdog freed a turn');
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'note', note });
  }

  #waitForHuman(): void {
    if (this.#waits) return;
    this.#waits = true;
    this.#writer.progress({ waitingSince: this.#options.clock.now() });
  }

  #tell(status: string, reason: string | null): void {
    this.#options.watch({ callSid: this.call.sid, atMs: this.#nowMs(), type: 'status', status, reason });
  }

  #nowMs(): number {
    return Math.round(this.#options.callClock.nowMs() - this.#startedMs);
  }
}
