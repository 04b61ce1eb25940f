import assert from 'node:assert/strict';
import type { TurnEffect, TurnEvent, TurnEventBody } from '#engine/turns/events.ts';
import type { TurnPolicy } from '#engine/turns/policy.ts';
import { initialState, type LedgerItem, type TurnState } from '#engine/turns/state.ts';
import { restoredState, storedState } from '#engine/turns/stored-state.ts';
import { nextDeadlineMs, step as turnStep } from '#engine/turns/step.ts';
import { Random } from '../support/random.ts';
import { Agenda } from './agenda.ts';
import { CALLER_SAYS, madeUpPolicy, modelRun, MS_PER_WORD, voiceRun } from './made-up-talk.ts';
import * as promises from './promises.ts';

export type StepFunction = typeof turnStep;

/**
 * Longest that a caller may be left with neither being heard nor answered: two model attempts, two voices, the apology,
 * the watchdog.
 */
const ANSWER_LIMIT_MS = 45_000;
/** Longest that a call may go on after its script is over: the idle questions and the goodbye. */
const END_LIMIT_MS = 180_000;
/** The notes with which the state is stored. */
const STORED = new Set(['entry', 'responded', 'interrupted', 'phase']);

/**
 * A made-up world around the turn machine: a caller, a recogniser, a model, a voice, a line and tools, all of random
 * speed and reliability, on a virtual clock. What it knows to be true (what was really played, which tools really ran)
 * is compared with what the machine believes after each step.
 */
export class World {
  readonly #random: Random;
  readonly #policy: TurnPolicy;
  readonly #step: StepFunction;
  #state: TurnState = initialState();
  readonly #agenda = new Agenda();
  #nowMs = 0;
  #tracks = new Map<number, promises.Track>();
  #line: promises.Track[] = [];
  #paused = false;
  #playTimer = 0;
  #gone = false;
  #utterance = 0;
  #callerBusyUntil = 0;
  #runs = new Set<string>();
  #asked = new Map<string, number>();
  #stopped = new Set<number>();
  #waitingSinceMs: number | null = null;
  #scriptEndMs = 0;
  /** What is on record: the state with its last entry, and the entries. */
  #stored: string | null = null;
  #entries: LedgerItem[] = [];
  /** Counts the servers that had the call; what an earlier one awaited does not come. */
  #server = 0;
  takeovers = 0;
  steps = 0;
  turns = 0;

  constructor(seed: number, stepFunction: StepFunction = turnStep) {
    this.#random = new Random(seed);
    this.#step = stepFunction;
    this.#policy = madeUpPolicy(this.#random, seed);
  }

  /** Another server goes on with the call, from what is on record or from what its server stored just before. */
  #takeOver(): void {
    const r = this.#random;
    if (this.#gone || this.#state.phase === 'waiting' || this.#state.phase === 'ended') return;
    const died = r.chance(0.5);
    if (!died) {
      this.#feed({ type: 'media-lost', untilMs: this.#nowMs + 10_000 });
      this.#store();
    }
    this.#advanceLine();
    for (const track of this.#line) track.dropped = true;
    this.#tracks = new Map();
    this.#stopped = new Set();
    this.#server++;
    this.#utterance = 0;
    this.#paused = false;
    this.#nowMs += r.pick([0, 200, 3000]);
    const state =
      this.#stored === null ? initialState() : restoredState(JSON.parse(this.#stored), this.#entries, this.#nowMs);
    assert.ok(state, 'what was stored cannot be restored');
    this.#state = state;
    this.takeovers++;
    this.#waitingSinceMs = null;
    this.#feed({ type: 'taken-over' });
    if (state.phase === 'talking') promises.checkTakenUp(state, this.#state);
  }

  #store(): void {
    this.#stored = JSON.stringify(storedState(this.#state));
    this.#entries = [...this.#state.ledger];
  }

  /** Plays one whole call. @throws AssertionError when the machine broke a promise */
  run(): void {
    const r = this.#random;
    if (r.chance(0.5)) this.#feed({ type: 'prepare' });
    this.#after(r.between(0, 1500), () => this.#feed({ type: 'start' }));
    // A carrier may have its own idea of who is there, at any time, and another one later.
    while (r.chance(0.25)) {
      const who = r.pick(['human', 'machine'] as const);
      this.#after(r.between(0, 8000), () => this.#feed({ type: 'answered-by', who }));
    }
    this.#script();
    let guard = 0;
    while (this.#state.phase !== 'ended') {
      const deadline = nextDeadlineMs(this.#state, this.#policy);
      const next = this.#agenda.next;
      assert.ok(deadline !== null || next, `stuck in phase ${this.#state.phase}: nothing is due`);
      if (!next || (deadline !== null && deadline <= next.atMs)) {
        this.#nowMs = Math.max(this.#nowMs, deadline!);
        this.#feed({ type: 'tick' });
        const again = nextDeadlineMs(this.#state, this.#policy);
        guard = again !== null && again <= this.#nowMs ? guard + 1 : 0;
        if (guard >= 50)
          assert.fail(
            `ticks without end, due ${again} at ${this.#nowMs}: ${JSON.stringify({ ...this.#state, ledger: [] })}`,
          );
      } else {
        this.#agenda.take();
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        guard = 0;
        next.run();
      }
      if (r.chance(0.002)) this.#stall();
      // Text of a failure is made when it fails: a state as JSON in each step took a third of the whole test.
      if (this.#nowMs >= this.#scriptEndMs + END_LIMIT_MS)
        assert.fail(`the call did not end: ${JSON.stringify(this.#state)}`);
    }
    assert.equal(this.#state.caller.text, '', 'the last words were not written down');
  }

  /** The process was held up: whatever was due meanwhile comes late, one after the other. */
  #stall(): void {
    const ms = this.#random.pick([300, 1500, 6000]);
    this.#nowMs += ms;
    this.#scriptEndMs += ms;
    if (this.#waitingSinceMs !== null) this.#waitingSinceMs += ms;
  }

  /** As `after`, unless another server has taken the call over by then. */
  #here(ms: number, run: () => void): void {
    const server = this.#server;
    this.#after(ms, () => server === this.#server && run());
  }

  #after(ms: number, run: () => void): void {
    this.#agenda.add(this.#nowMs + ms, run);
  }

  // ------------------------------------------------------------------ the caller

  #script(): void {
    const r = this.#random;
    let at = r.between(0, 3000);
    for (let n = r.between(0, 6); n > 0; n--) {
      const lengthMs = r.pick([60, 200, 400, 900, 2500, 6000]);
      const text = r.pick(CALLER_SAYS);
      const start = at;
      this.#after(start, () => this.#speak(lengthMs, text));
      if (r.chance(0.1))
        this.#after(start + r.between(0, 2000), () => this.#feed({ type: 'dtmf', digit: r.pick(['1', '#', '9']) }));
      if (r.chance(0.05)) {
        const tone = start + r.between(0, 4000);
        if (r.chance(0.8)) this.#after(tone, () => this.#feed({ type: 'tone-started' }));
        if (r.chance(0.8)) this.#after(tone + r.between(100, 1500), () => this.#feed({ type: 'tone-ended' }));
      }
      if (r.chance(0.05)) this.#after(start + r.between(0, 5000), () => this.#feed({ type: 'speech-suspected' }));
      at += lengthMs + r.pick([30, 150, 400, 1500, 5000, 9000]);
    }
    if (r.chance(0.15)) {
      const lost = r.between(0, at + 2000);
      this.#after(lost, () => this.#gone || this.#feed({ type: 'media-lost', untilMs: this.#nowMs + 10_000 }));
      if (r.chance(0.7))
        this.#after(lost + r.between(0, 12_000), () => this.#gone || this.#feed({ type: 'media-back' }));
    }
    if (r.chance(0.1))
      this.#after(r.between(0, at + 3000), () =>
        this.#feed({ type: 'say', text: 'This call is recorded.', endsCall: r.chance(0.3) ? 'asked' : null }),
      );
    if (r.chance(0.1))
      this.#after(r.between(0, at + 3000), () =>
        this.#feed({ type: 'message', text: r.pick(['yes', 'what does it cost', ' ']) }),
      );
    if (r.chance(0.1))
      this.#after(r.between(1600, at + 6000), () => this.#gone || this.#feed({ type: 'end', reason: 'asked' }));
    const hangUp = r.chance(0.5) ? r.between(1600, at + 8000) : at + 60_000;
    if (r.chance(0.2)) this.#after(r.between(0, at + 6000), () => this.#takeOver());
    this.#after(hangUp, () => {
      this.#gone = true;
      this.#feed({ type: 'hung-up', reason: 'caller' });
    });
    this.#scriptEndMs = Math.max(at, hangUp);
  }

  #speak(lengthMs: number, text: string): void {
    const r = this.#random;
    if (this.#gone || this.#nowMs < this.#callerBusyUntil) return;
    const utterance = ++this.#utterance;
    this.#callerBusyUntil = this.#nowMs + lengthMs + 1;
    if (r.chance(0.2)) this.#feed({ type: 'speech-suspected' });
    this.#feed({ type: 'speech-started', utterance, onsetMs: this.#nowMs - r.between(0, 100) });
    for (let at = 32; at < Math.min(lengthMs, 900); at += 32)
      if (r.chance(0.7)) this.#here(at, () => this.#state.hold && this.#feed({ type: 'speech-goes-on', ms: 32 }));
    const words = text.split(' ');
    for (let n = 1; n <= words.length && text !== ''; n++) {
      if (r.chance(0.6))
        this.#here(r.between(0, lengthMs + 300), () =>
          this.#feed({ type: 'transcript-partial', utterance, text: words.slice(0, n).join(' ') }),
        );
    }
    this.#here(lengthMs, () => this.#feed({ type: 'speech-ended', utterance, endMs: this.#nowMs - r.between(0, 100) }));
    const finals = r.pick([1, 1, 1, 1, 1, 0, 2]);
    for (let n = 0; n < finals; n++)
      this.#here(Math.max(0, lengthMs + r.pick([-200, 0, 10, 50, 300, 900, 2500])), () =>
        this.#feed({
          type: 'transcript-final',
          utterance,
          text,
          ...(utterance > 1 && text !== '' && utterance % 3 === 0
            ? { whole: { since: utterance - 1, text: `again ${text}` } }
            : {}),
        }),
      );
  }

  // ------------------------------------------------------------------ the machine, and what it wants

  #feed(body: TurnEventBody): void {
    const before = this.#state;
    const event: TurnEvent = { ...body, atMs: this.#nowMs };
    // Every fourth step works on what another server would read; what JSON loses stays lost in the steps after it.
    const state =
      this.steps % 4 === 0
        ? restoredState(JSON.parse(JSON.stringify(storedState(before))), before.ledger, before.nowMs)!
        : before;
    const result = this.#step(state, event, this.#policy);
    this.steps++;
    this.#state = result.state;
    if (result.effects.some((one) => one.type === 'note' && STORED.has(one.note.kind))) this.#store();
    this.#check(before, result.effects);
    const progress: (() => void)[] = [];
    for (const effect of result.effects) this.#carryOut(effect, progress);
    for (const tell of progress) tell();
  }

  #carryOut(effect: TurnEffect, progress: (() => void)[]): void {
    switch (effect.type) {
      case 'think':
        this.turns++;
        return this.#model(effect.generation);
      case 'stop-thinking':
        this.#stopped.add(effect.generation);
        return;
      case 'stop-synthesis': {
        const track = this.#tracks.get(effect.segment);
        // Segments without audio no longer delay others.
        if (track?.durationMs === null) track.dropped = true;
        return this.#play();
      }
      case 'synthesize':
        return this.#voice(effect.segment, effect.text);
      case 'release': {
        const track = this.#tracks.get(effect.segment);
        assert.ok(track && track.releasedAs === null, 'released twice, or before it was synthesized');
        track.releasedAs = this.#line.length;
        this.#line.push(track);
        return this.#play();
      }
      case 'pause':
        this.#advanceLine();
        this.#paused = true;
        for (const track of this.#line)
          if (track.started && !track.dropped) progress.push(() => this.#heard(track, 'playout-heard'));
        if (!this.#line.some((track) => track.started && !track.dropped))
          progress.push(() => this.#feed({ type: 'tick' }));
        return;
      case 'resume':
        this.#paused = false;
        this.#lastPlayMs = this.#nowMs;
        return this.#play();
      case 'clear':
        this.#advanceLine();
        this.#paused = false;
        // A carrier gives back all its marks now: the line must not believe them. What was really heard may be reported
        // again, late.
        for (const track of this.#line) {
          if (track.started && !track.dropped && this.#random.chance(0.2))
            this.#here(
              this.#random.pick([0, 5, 300]),
              () =>
                this.#gone ||
                this.#feed({ type: 'playout-heard', segment: track.id, samples: track.playedMs * 8, estimated: false }),
            );
          track.dropped = true;
        }
        return;
      case 'run-tool': {
        assert.ok(!this.#runs.has(effect.key), `tool ${effect.key} ran twice`);
        this.#runs.add(effect.key);
        const { id } = effect.args as { id: string };
        assert.ok(this.#asked.has(id), 'a tool ran without a request');
        assert.ok(!this.#runs.has(`id:${id}`), 'one request ran two tools');
        this.#runs.add(`id:${id}`);
        if (this.#random.chance(0.85)) {
          const status = this.#random.pick(['ok', 'ok', 'failed'] as const);
          for (let n = this.#random.chance(0.1) ? 2 : 1; n > 0; n--)
            this.#here(this.#random.pick([0, 50, 1200, 6000, 25_000]), () =>
              this.#feed({ type: 'tool-result', key: effect.key, status, output: 'done', waitForHuman: false }),
            );
        }
        return;
      }
      case 'flush':
        return;
      case 'hang-up':
        this.#gone = true;
        return;
      default:
        return;
    }
  }

  #model(generation: number): void {
    const r = this.#random;
    for (const { afterMs, body } of modelRun(r, generation, this.#agenda.added)) {
      if (body.type === 'model-tool') this.#asked.set(String(body.args['id']), generation);
      this.#here(afterMs, () => (this.#stopped.has(generation) && r.chance(0.7) ? undefined : this.#feed(body)));
    }
  }

  #voice(segment: number, text: string): void {
    const r = this.#random;
    const track = this.#tracks.get(segment) ?? promises.newTrack(segment, text);
    this.#tracks.set(segment, track);
    track.dropped = false;
    if (r.chance(0.04)) return;
    const at = r.pick([0, 40, 90, 300, 2500]);
    if (r.chance(0.06)) return this.#here(at, () => this.#feed({ type: 'synthesis-failed', segment, samples: 0 }));
    this.#here(at, () => {
      if (track.durationMs !== null || track.dropped) return;
      const { dies, words } = voiceRun(r, text);
      track.words = words;
      track.durationMs = words.length * MS_PER_WORD;
      this.#feed({ type: 'synthesis-started', segment });
      this.#play();
      if (dies)
        return this.#here(r.pick([0, 20, 300]), () =>
          this.#feed({ type: 'synthesis-failed', segment, samples: track.durationMs! * 8 }),
        );
      this.#here(r.pick([0, 20, 300]), () =>
        this.#feed({ type: 'synthesis-done', segment, samples: track.durationMs! * 8, words: track.words }),
      );
    });
  }

  // ------------------------------------------------------------------ the line

  #lastPlayMs = 0;

  #current(): promises.Track | undefined {
    return this.#line.find(
      (track) => !track.dropped && (track.durationMs === null || track.playedMs < track.durationMs),
    );
  }

  /** Moves the truth on: what has been played by now. */
  #advanceLine(): void {
    let left = this.#paused || this.#gone ? 0 : this.#nowMs - this.#lastPlayMs;
    this.#lastPlayMs = this.#nowMs;
    for (
      let track = this.#current();
      track && track.durationMs !== null && track.started && left > 0;
      track = this.#current()
    ) {
      const use = Math.min(left, track.durationMs - track.playedMs);
      track.playedMs += use;
      left -= use;
    }
  }

  #play(): void {
    this.#advanceLine();
    const track = this.#current();
    if (!track || track.durationMs === null || this.#paused || this.#gone) return;
    if (!track.started) {
      track.started = true;
      this.#feed({ type: 'playout-started', segment: track.id });
      if (this.#paused || track.dropped || this.#gone) return;
    }
    const timer = ++this.#playTimer;
    const left = track.durationMs - track.playedMs;
    const stop = this.#random.chance(0.3) ? Math.min(left, 260) : left;
    this.#here(stop, () => {
      if (timer !== this.#playTimer || this.#gone) return;
      this.#advanceLine();
      if (track.dropped || this.#paused) return;
      if (track.playedMs >= track.durationMs!)
        this.#here(
          this.#random.pick([0, 5, 120]),
          () => track.dropped || this.#gone || this.#heard(track, 'playout-finished'),
        );
      else this.#heard(track, 'playout-heard');
      this.#play();
    });
  }

  #heard(track: promises.Track, type: 'playout-heard' | 'playout-finished'): void {
    const lag = type === 'playout-finished' ? 0 : this.#random.pick([0, 0, 40, 200]);
    this.#feed({ type, segment: track.id, samples: Math.max(0, track.playedMs - lag) * 8, estimated: false });
  }

  // ------------------------------------------------------------------ the promises

  #check(before: TurnState, effects: TurnEffect[]): void {
    const state = this.#state;
    if (this.#gone || before.phase === 'closing' || before.phase === 'ended') promises.checkSilent(effects);
    // Comparing whole states is slow, and a field that JSON loses stays lost: now and then is enough.
    if (this.steps % 16 === 0) promises.checkPlain(before, state);
    promises.checkEffects(before, state, effects);
    if (state.ledger.slice(before.ledger.length).some((item) => item.role === 'agent')) this.#advanceLine();
    promises.checkLedger(before, state, this.#line);
    promises.checkHeard(before, state);
    promises.checkOpening(state);
    this.#checkAnswered(state);
  }

  #checkAnswered(state: TurnState): void {
    const waits =
      state.phase === 'talking' &&
      state.lostUntilMs === null &&
      state.leaving === null &&
      !state.caller.speaking &&
      (state.caller.text !== '' || state.caller.owed) &&
      !this.#line.some((track) => track.started && !track.dropped && track.playedMs < (track.durationMs ?? 0));
    if (!waits) this.#waitingSinceMs = null;
    else this.#waitingSinceMs ??= this.#nowMs;
    if (this.#waitingSinceMs !== null && this.#nowMs - this.#waitingSinceMs > ANSWER_LIMIT_MS)
      assert.fail(`the caller was left unanswered: ${JSON.stringify(state)}`);
  }
}
