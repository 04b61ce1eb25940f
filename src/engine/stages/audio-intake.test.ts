import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CallClock } from '../contracts/clock.ts';
import type { NextWindow, VoiceActivity, VoiceActivityStream } from '../contracts/voice-activity.ts';
import { EchoGuard } from '../audio/echo-guard.ts';
import { encodeMulaw } from '../audio/mulaw.ts';
import { Listen } from './listen.ts';

/** Rates a window by its level and by what came before it, so that an answer to another window or state differs. */
class Ratings implements VoiceActivityStream {
  state = 0;
  foreseen: { readonly window: Int16Array; readonly answer: number } | null = null;
  /** Windows that were foreseen, and those that were not. */
  hits = 0;
  misses = 0;

  rate(window: Int16Array): number {
    const level = window.reduce((sum, sample) => sum + Math.abs(sample), 0) / window.length;
    return (Math.min(1, level / 1000) * 7 + this.state) / 8;
  }

  process(window: Int16Array): number {
    const known = this.foreseen && Buffer.from(this.foreseen.window.buffer).equals(Buffer.from(window.buffer));
    if (known) this.hits++;
    else this.misses++;
    this.state = known ? this.foreseen!.answer : this.rate(window);
    this.foreseen = null;
    return this.state;
  }

  reset(): void {
    this.state = 0;
    this.foreseen = null;
  }
}

class Activity implements VoiceActivity {
  readonly id = 'ratings';
  readonly streams: Ratings[] = [];
  rounds = 0;

  open(): Ratings {
    const stream = new Ratings();
    this.streams.push(stream);
    return stream;
  }

  foresee(next: readonly NextWindow[]): void {
    this.rounds++;
    assert.equal(new Set(next.map(({ stream }) => stream)).size, next.length, 'a stream twice in a round');
    for (const { stream, window } of next) {
      const one = stream as Ratings;
      one.foreseen = { window: window.slice(), answer: one.rate(window) };
    }
  }
}

function makeClock(gathers: boolean): CallClock & { nowMs_: number; turn(): void } {
  let waiting: (() => void)[] = [];
  const clock = {
    nowMs_: 0,
    waits: false,
    nowMs: () => clock.nowMs_,
    at: () => () => undefined,
    everyFrame: () => () => undefined,
    working: () => () => undefined,
    turn: () => {
      const due = waiting;
      waiting = [];
      for (const fn of due) fn();
    },
    ...(gathers ? { afterArrivals: (fn: () => void) => void waiting.push(fn) } : {}),
  };
  return clock;
}

function listeners(count: number, gathers: boolean, failsAt = -1) {
  const activity = new Activity();
  const clock = makeClock(gathers);
  const log: string[][] = [];
  const failures: number[] = [];
  const all = Array.from({ length: count }, (_, n) => {
    const seen: string[] = [];
    log.push(seen);
    return new Listen({
      clock,
      voiceActivity: activity,
      echo: new EchoGuard(),
      chain: [
        {
          id: 'none',
          open: () => ({
            audio: (pcm) => {
              seen.push(`audio ${pcm[0]}`);
              if (n === failsAt) throw new Error('broken');
            },
            begin: () => undefined,
            end: () => undefined,
            expect: () => undefined,
            close: () => undefined,
          }),
        },
      ],
      context: { phrases: [] },
      endpointMs: 200,
      events: {
        speechSuspected: () => seen.push('suspected'),
        speechStarted: (utterance, onsetMs) => seen.push(`started ${utterance} ${onsetMs}`),
        speechGoesOn: () => seen.push('goes on'),
        speechEnded: (utterance, endMs) => seen.push(`ended ${utterance} ${endMs}`),
        transcript: () => undefined,
        tone: () => undefined,
        fellBack: () => undefined,
        failed: () => failures.push(n),
      },
    });
  });
  return { activity, clock, log, failures, all };
}

const frame = (level: number, length = 160) =>
  encodeMulaw(Int16Array.from({ length }, (_, i) => (i % 2 === 0 ? level : -level)));

describe('the intake of audio', () => {
  it('changes nothing that a call hears, whatever arrives together', () => {
    const arrival = fc.record({
      call: fc.nat(4),
      level: fc.constantFrom(0, 30, 60, 500, 3000),
      length: fc.constantFrom(160, 160, 160, 80, 321),
    });
    fc.assert(
      fc.property(fc.array(fc.array(arrival, { maxLength: 12 }), { minLength: 20, maxLength: 60 }), (turns) => {
        const [plain, gathered] = [listeners(5, false), listeners(5, true)];
        for (const turn of turns) {
          for (const { call, level, length } of turn)
            for (const { all } of [plain, gathered]) all[call]!.push(frame(level, length));
          for (const { clock } of [plain, gathered]) {
            clock.turn();
            clock.nowMs_ += 20;
          }
        }
        assert.deepEqual(gathered.log, plain.log);
      }),
      { numRuns: 200 },
    );
  });

  it('has the windows of several calls rated together, each but once', () => {
    const { activity, clock, all } = listeners(8, true);
    for (let turn = 0; turn < 80; turn++) {
      for (const one of all) one.push(frame(2000));
      clock.turn();
      clock.nowMs_ += 20;
    }
    assert.equal(activity.rounds, 50);
    assert.deepEqual(
      activity.streams.map(({ hits, misses }) => [hits, misses]),
      all.map(() => [50, 0]),
    );
  });

  it('lets no other call suffer when one fails', () => {
    const { clock, all, failures, log } = listeners(3, true, 1);
    for (const one of all) one.push(frame(2000));
    clock.turn();
    assert.deepEqual(failures, [1]);
    assert.deepEqual(
      log.map((seen) => seen.filter((line) => line.startsWith('audio')).length),
      [1, 1, 1],
    );
  });
});
