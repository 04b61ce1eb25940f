import type { ToolOutcome } from './contracts/tool-outcome.ts';
import type { Providers } from './contracts/providers.ts';
import type { Failure } from './contracts/failure.ts';
import { EchoGuard } from './audio/echo-guard.ts';
import type { CallClock } from './contracts/clock.ts';
import type { ModelMessage, ToolArgs, ToolDefinition } from './contracts/language-model.ts';
import type { MediaLeg } from './contracts/media.ts';
import type { SpeechContext } from './contracts/speech-to-text.ts';
import { Listen } from './stages/listen.ts';
import { Playout } from './stages/playout.ts';
import { Speak } from './stages/speak.ts';
import { messagesOf, Think } from './stages/think.ts';
import type { TurnEffect, TurnEventBody, TurnNote } from './turns/events.ts';
import type { TurnPolicy } from './turns/policy.ts';
import { mayBeMachine } from './turns/screening.ts';
import { initialState, type Overheard, type TurnState } from './turns/state.ts';
import { nextDeadlineMs, step } from './turns/step.ts';

/** End reason of a call that a person takes over. */
export const TRANSFERRED = 'transferred';

/** Webhook tools answer in real time: a faster simulated call pauses after waiting this long for one. */
const TOOL_BUDGET_MS = 8000;
/** How long a call without a connection waits for a new one. */
const RECONNECT_MS = 10_000;

export interface SessionOptions {
  readonly clock: CallClock;
  readonly providers: Providers;
  readonly policy: TurnPolicy;
  readonly prompt: string;
  readonly model: string;
  readonly voiceId: string;
  readonly tools: readonly ToolDefinition[];
  readonly context: SpeechContext;
  readonly host: SessionHost;
  /** The state of a conversation that another server began and this one continues. */
  readonly restored?: TurnState | null;
}

/** What a session needs from the running call. No method may throw. */
export interface SessionHost {
  /** `talk`: the conversation until now, as models see it. */
  runTool(key: string, name: string, args: ToolArgs, talk: readonly ModelMessage[]): Promise<ToolOutcome>;
  note(note: TurnNote): void;
  /** A frame of the agent that will be heard from `playAtMs` on; the buffer is reused. */
  agentFrame(frame: Uint8Array, playAtMs: number): void;
  agentCut(atMs: number): void;
  fellBack(kind: 'speech-to-text', from: string, to: string): void;
  /** The agent ends the call. */
  hangUp(reason: string): void;
  /** The session is closed and all notes were sent. */
  closed(reason: string): void;
  /** An internal error, which ends the call. */
  failed(error: unknown): void;
}

/** The conversation of one call: feeds events to the turn machine one at a time and executes its effects. */
export class VoiceSession {
  readonly #options: SessionOptions;
  readonly #startedMs: number;
  readonly #playout: Playout;
  readonly #listen: Listen;
  readonly #think: Think;
  readonly #speak: Speak;
  #state: TurnState;
  #queue: TurnEventBody[] = [];
  #draining = false;
  #cancelTimer: (() => void) | null = null;
  #timerMs: number | null = null;
  #started = false;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { clock, providers, policy, host } = options;
    const { restored = null } = options;
    this.#startedMs = clock.nowMs() - (restored?.nowMs ?? 0);
    // Until its media is connected here, the call has lost it.
    this.#state = restored ? { ...restored, lostUntilMs: restored.nowMs + RECONNECT_MS } : initialState();
    const post = (event: TurnEventBody) => this.#post(event);
    const echo = new EchoGuard();
    this.#playout = new Playout(clock, {
      started: (segment) => post({ type: 'playout-started', segment }),
      heard: (segment, samples, estimated) => post({ type: 'playout-heard', segment, samples, estimated }),
      finished: (segment, samples, estimated) => post({ type: 'playout-finished', segment, samples, estimated }),
      frame: (frame, playAtMs) => {
        echo.played(frame, playAtMs);
        host.agentFrame(frame, playAtMs);
      },
      cut: (atMs) => {
        echo.cut(atMs);
        host.agentCut(atMs);
      },
    });
    this.#listen = new Listen({
      clock,
      voiceActivity: providers.voiceActivity,
      echo,
      chain: providers.speechToText,
      context: options.context,
      endpointMs: policy.endpointMs,
      events: {
        speechSuspected: () => post({ type: 'speech-suspected' }),
        speechStarted: (utterance, onsetMs) =>
          post({ type: 'speech-started', utterance, onsetMs: this.#relative(onsetMs) }),
        speechGoesOn: (ms) => post({ type: 'speech-goes-on', ms }),
        speechEnded: (utterance, endMs) => post({ type: 'speech-ended', utterance, endMs: this.#relative(endMs) }),
        transcript: (part) => {
          if (part.type === 'transcript-partial')
            post({ type: 'transcript-partial', utterance: part.utterance, text: part.text });
          else if (part.type === 'transcript-final')
            post({
              type: 'transcript-final',
              utterance: part.utterance,
              text: part.text,
              confidence: part.confidence,
              ...(part.whole ? { whole: part.whole } : {}),
            });
        },
        tone: (what) => post({ type: `tone-${what}` }),
        fellBack: (from, to) => host.fellBack('speech-to-text', from, to),
        failed: (error) => this.#fail(error),
      },
    });
    this.#think = new Think({
      clock,
      chain: providers.languageModels,
      prompt: options.prompt,
      model: options.model,
      tools: options.tools,
      firstClauseLetters: policy.firstClauseLetters,
      post,
      likely: (generation, clause) => this.#speak.prepare(generation, clause),
      expect: (phrases) => this.#listen.expect(phrases),
    });
    this.#speak = new Speak({
      clock,
      chain: providers.textToSpeech,
      voiceId: options.voiceId,
      playout: this.#playout,
      post,
    });
  }

  /** The turn-taking state, plain data. */
  get state(): TurnState {
    return this.#state;
  }

  /** Whether agent audio is on the line right now. */
  get speaking(): boolean {
    return (
      this.#state.turn !== null &&
      this.#state.hold === null &&
      this.#state.turn.segments.some((one) => one.started && !one.finished)
    );
  }

  /** Prepares the first message while the call rings. */
  prepare(): void {
    this.#post({ type: 'prepare' });
  }

  /** Audio flows: the call is answered, or a media socket is open. Later calls do nothing. */
  start(leg: MediaLeg): void {
    if (this.#started) return;
    this.#started = true;
    this.#playout.connect(leg);
    this.#post({ type: this.#options.restored ? 'taken-over' : 'start' });
  }

  /** Caller's audio: mu-law, any length. Does not throw: it is called from sockets. */
  audio(mulaw: Uint8Array): void {
    if (!this.#closed) this.#listen.push(mulaw);
  }

  mark(name: string): void {
    if (!this.#closed) this.#playout.markReturned(name);
  }

  /** The carrier's answering-machine detection result. */
  answeredBy(who: 'human' | 'machine'): void {
    this.#post({ type: 'answered-by', who });
  }

  dtmf(digit: string): void {
    this.#post({ type: 'dtmf', digit });
  }

  say(text: string, endsCall: string | null = null): void {
    this.#post({ type: 'say', text, endsCall });
  }

  /** A human agent takes the caller; the agent is silent until it returns with a sentence. */
  standAside(): void {
    this.#post({ type: 'stand-aside' });
  }

  /** Whether the caller waits for a human agent. */
  humanAwaited(awaited: boolean): void {
    this.#post({ type: 'human-awaited', awaited });
  }

  return(text: string, endsCall: string | null = null): void {
    this.#post({ type: 'return', text, endsCall });
  }

  /** What a human agent and the caller say to each other; the AI agent knows it once it has the caller again. */
  overhear(said: Omit<Overheard, 'role'>): void {
    this.#post({ type: 'overheard', said });
  }

  /** A supervisor tells the agent something, unheard by the caller. */
  instruct(userId: number, text: string): void {
    this.#post({ type: 'instructed', userId, text });
  }

  /** Written words that stand for the caller's. */
  message(text: string): void {
    this.#post({ type: 'message', text });
  }

  end(reason: string): void {
    this.#post({ type: 'end', reason });
  }

  hungUp(reason: string): void {
    this.#post({ type: 'hung-up', reason });
  }

  /** Runs `change`, which moves the agent's audio to another path to the caller. */
  reroute(change: () => void): void {
    this.#playout.reroute(change);
  }

  mediaLost(): void {
    this.#post({ type: 'media-lost', untilMs: this.#nowMs() + RECONNECT_MS });
    this.#playout.connect(null);
  }

  mediaBack(leg: MediaLeg): void {
    this.#playout.connect(leg);
    this.#post({ type: 'media-back' });
  }

  #nowMs(): number {
    return this.#relative(this.#options.clock.nowMs());
  }

  #relative(ms: number): number {
    return Math.round(ms - this.#startedMs);
  }

  #post(event: TurnEventBody): void {
    if (this.#closed) return;
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next && !this.#closed; next = this.#queue.shift()) {
        const result = step(this.#state, { ...next, atMs: this.#nowMs() }, this.#options.policy);
        this.#state = result.state;
        for (const effect of result.effects) this.#carryOut(effect);
      }
      this.#listen.urgent = this.#state.hold !== null;
      this.#listen.detectTones = mayBeMachine(this.#state);
      this.#arm();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#draining = false;
    }
  }

  get #tooLate(): Failure {
    return { type: 'error', message: `no answer within ${this.#options.policy.thinkTimeoutMs / 1000} s` };
  }

  #carryOut(effect: TurnEffect): void {
    const { host } = this.#options;
    switch (effect.type) {
      case 'think':
        return this.#think.start(effect);
      case 'stop-thinking':
        return this.#think.stop(effect.generation, effect.late ? this.#tooLate : undefined);
      case 'expect':
        return this.#think.commit(effect.generation);
      case 'synthesize':
        return this.#speak.start(effect.segment, effect.text, effect.attempt);
      case 'stop-synthesis':
        return this.#speak.stop(effect.segment, effect.late);
      case 'release':
        return this.#playout.release(effect.segment);
      case 'pause':
        return this.#playout.pause();
      case 'resume':
        return this.#playout.resume();
      case 'clear':
        return this.#playout.clear();
      case 'run-tool':
        return this.#runTool(effect.key, effect.name, effect.args);
      case 'transcript-missed':
        return this.#listen.missed(effect.utterance);
      case 'flush':
        return this.#listen.flush();
      case 'hang-up':
        this.#playout.close();
        return host.hangUp(effect.reason);
      case 'closed':
        this.#release();
        return host.closed(effect.reason);
      case 'note':
        return host.note(effect.note);
    }
  }

  #runTool(key: string, name: string, args: ToolArgs): void {
    const ready = this.#options.clock.working(TOOL_BUDGET_MS, true);
    this.#options.host.runTool(key, name, args, messagesOf(this.#state.ledger)).then(
      ({ status, output, waitForHuman, transfers }) => {
        ready();
        // Spoken before the result is posted, which then needs no answer.
        if (transfers) this.say(this.#options.policy.phrases.connecting, TRANSFERRED);
        this.#post({
          type: 'tool-result',
          key,
          status,
          output,
          ...(waitForHuman === undefined ? {} : { waitForHuman }),
        });
      },
      () => {
        ready();
        this.#post({ type: 'tool-result', key, status: 'failed', output: 'The tool failed.' });
      },
    );
  }

  #arm(): void {
    const next = this.#closed ? null : nextDeadlineMs(this.#state, this.#options.policy);
    if (next === this.#timerMs) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerMs = next;
    if (next === null) return;
    this.#cancelTimer = this.#options.clock.at(this.#startedMs + next, () => {
      this.#timerMs = null;
      this.#cancelTimer = null;
      this.#post({ type: 'tick' });
    });
  }

  /** An internal error ends this call only. */
  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#release();
    this.#options.host.failed(error);
  }

  #release(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#queue = [];
    this.#playout.close();
    this.#listen.close();
    this.#think.close();
    this.#speak.close();
  }
}
