import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TurnTiming } from '#engine/turns/state.ts';
import { rounded, spread, type Spread } from '../statistics.ts';
import { ANSWER_MS, CALL_MS, type Script } from './script.ts';

/** Calls begin evenly over this time, and hand in audio at their own moment of the 20 ms. */
export const STAGGER_MS = 9500;

/** What a call is measured by: how its far end hears the agent, played as it comes. */
export class Ear {
  /** When the script began; the clock is `performance.now()`. */
  startMs = 0;
  /** How long the call was connected before the script began. */
  silentMs = 0;
  readonly replies: number[] = [];
  readonly stops: number[] = [];
  readonly answers: TurnTiming[] = [];
  underruns = 0;
  #dryMs = 0;
  #inReply = false;
  readonly #newReplyMs: number;

  /** `newReplyMs`: silence after which further sound counts as a new reply, if the end of a reply is not reported. */
  constructor(newReplyMs = Infinity) {
    this.#newReplyMs = newReplyMs;
  }

  audio(ms: number): void {
    const now = performance.now();
    if (!this.#inReply || now > this.#dryMs + this.#newReplyMs) {
      this.#inReply = true;
      this.replies.push(now);
    } else if (now > this.#dryMs + 1) this.underruns++;
    this.#dryMs = Math.max(this.#dryMs, now) + ms;
  }

  endReply(): void {
    this.#inReply = false;
  }

  stop(): void {
    const now = performance.now();
    if (this.#dryMs > now) this.stops.push(now);
    this.#dryMs = now;
    this.#inReply = false;
  }

  answered(timing: TurnTiming): void {
    this.answers.push(timing);
  }

  get queuedMs(): number {
    return Math.max(0, this.#dryMs - performance.now());
  }
}

export interface Heard {
  readonly responseMs: Spread;
  /** From the decision that the turn has ended, or from when the fakes could answer, to the agent's first frame. */
  readonly overheadMs: Spread | null;
  /** Where speech was found to end, less where it ended. */
  readonly endErrorMs: Spread | null;
  readonly bargeInMs: Spread;
  readonly unanswered: number;
  readonly early: number;
  readonly missedBargeIns: number;
  readonly underruns: number;
}

/** Compares what every call's far end heard with the script. */
export function judge(ears: readonly Ear[], script: Script): Heard {
  const [response, overhead, endError, bargeIn] = [[], [], [], []] as number[][] as [
    number[],
    number[],
    number[],
    number[],
  ];
  let [unanswered, early, missedBargeIns] = [0, 0, 0];
  for (const ear of ears) {
    for (const [i, turn] of script.turns.entries()) {
      const [startMs, endMs, nextMs] = [
        ear.startMs + turn.startMs,
        ear.startMs + turn.endMs,
        ear.startMs + (script.turns[i + 1]?.startMs ?? CALL_MS + 5000),
      ];
      if (ear.replies.some((atMs) => atMs > startMs + 300 && atMs < endMs)) early++;
      const reply = ear.replies.find((atMs) => atMs >= endMs && atMs < nextMs);
      if (reply === undefined) unanswered++;
      else response.push(reply - endMs);
      if (!turn.bargeIn) continue;
      const stopped = ear.stops.find((atMs) => atMs >= startMs && atMs < endMs + 3000);
      if (stopped === undefined) missedBargeIns++;
      else bargeIn.push(stopped - startMs);
    }
    for (const { committedMs, finalMs, firstFrameMs, endOfSpeechMs } of ear.answers) {
      if (committedMs === null || finalMs === null || firstFrameMs === null || endOfSpeechMs === null) continue;
      overhead.push(firstFrameMs - Math.max(committedMs, finalMs + ANSWER_MS));
      const nearest = script.turns
        .map((turn) => endOfSpeechMs - ear.silentMs - turn.endMs)
        .toSorted((a, b) => Math.abs(a) - Math.abs(b))[0]!;
      if (Math.abs(nearest) < 500) endError.push(nearest);
    }
  }
  return {
    responseMs: spread(response),
    overheadMs: overhead.length > 0 ? spread(overhead) : null,
    endErrorMs: endError.length > 0 ? spread(endError) : null,
    bargeInMs: spread(bargeIn),
    unanswered,
    early,
    missedBargeIns,
    underruns: ears.reduce((sum, ear) => sum + ear.underruns, 0),
  };
}

export interface Cost {
  readonly seconds: number;
  /** All threads of the process, and the main thread alone. */
  readonly cpuMs: number;
  readonly mainMs: number;
  /** The part of `cpuMs` that the operating system takes: sockets, timers, files. */
  readonly systemMs: number;
  /** How often a thread of the process went to sleep, or had to let another run. */
  readonly switches: { readonly slept: number; readonly preempted: number };
  /** How long the process was ready to run and something else ran: what the machine's other users take. */
  readonly waitedMs: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly most: number };
}

/** One measurement of so many calls at once. */
export type Row = Heard & {
  readonly n: number;
  readonly noiseDb: number | null;
  readonly cpuMsPerCallSecond: number;
  readonly mainMsPerCallSecond: number;
  readonly systemMsPerCallSecond: number;
  readonly switchesPerCallSecond: Cost['switches'];
  /** Of one core, the main thread. */
  readonly coreShare: number;
  readonly waitedShare: number;
  readonly mbPerCall: number;
  readonly loopDelayMs: Cost['loopDelayMs'];
};

export function rowOf(n: number, noiseDb: number | null, heard: Heard, cost: Cost, grownMb: number): Row {
  const callSeconds = cost.seconds * n;
  return {
    n,
    noiseDb,
    ...heard,
    cpuMsPerCallSecond: rounded(cost.cpuMs / callSeconds, 2),
    mainMsPerCallSecond: rounded(cost.mainMs / callSeconds, 2),
    systemMsPerCallSecond: rounded(cost.systemMs / callSeconds, 2),
    switchesPerCallSecond: {
      slept: rounded(cost.switches.slept / callSeconds, 2),
      preempted: rounded(cost.switches.preempted / callSeconds, 2),
    },
    coreShare: rounded(cost.mainMs / cost.seconds / 1000, 2),
    waitedShare: rounded(cost.waitedMs / cost.seconds / 1000, 3),
    mbPerCall: rounded(grownMb / n, 2),
    loopDelayMs: cost.loopDelayMs,
  };
}

/** Starts to count what this process spends; answers how to stop. */
export function meter(): () => Cost {
  const cpu = () => Object.values(process.cpuUsage()).reduce((sum, us) => sum + us / 1000, 0);
  const main = () => Object.values(process.threadCpuUsage()).reduce((sum, us) => sum + us / 1000, 0);
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const before = {
    at: performance.now(),
    cpu: cpu(),
    main: main(),
    system: process.cpuUsage().system / 1000,
    waited: waitedMs(),
    switches: switches(),
  };
  return () => {
    loop.disable();
    // The monitor's own period is in what it measures.
    const delay = (ns: number) => rounded(Math.max(0, ns / 1e6 - 5));
    return {
      seconds: (performance.now() - before.at) / 1000,
      cpuMs: cpu() - before.cpu,
      mainMs: main() - before.main,
      systemMs: process.cpuUsage().system / 1000 - before.system,
      waitedMs: waitedMs() - before.waited,
      switches: {
        slept: switches().slept - before.switches.slept,
        preempted: switches().preempted - before.switches.preempted,
      },
      loopDelayMs: { p50: delay(loop.percentile(50)), p99: delay(loop.percentile(99)), most: delay(loop.max) },
    };
  };
}

function switches(): Cost['switches'] {
  const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage();
  return { slept: voluntaryContextSwitches, preempted: involuntaryContextSwitches };
}

function waitedMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Milliseconds of processor time for a fixed piece of work: how fast this machine is just now. */
export function speedOfMachine(): number {
  const work = () => {
    const values = new Int32Array(1 << 19);
    const before = process.threadCpuUsage();
    let hash = 1;
    for (let round = 0; round < 40; round++)
      for (let i = 0; i < values.length; i++)
        values[i] = hash = (Math.imul(hash, 16_777_619) ^ values[(i * 769) & (values.length - 1)]!) | 0;
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  work();
  return Math.round(work());
}
