import { isEnded, type Call } from '#core/calls/call.ts';
import { finishCall, reapAbandoned } from '#core/calls/finish-call.ts';
import type { CallCommand, CommandAcknowledgement, LiveCalls, LiveView, Reservation } from '#core/calls/live-calls.ts';
import type { WallClock } from '#core/kernel/ports.ts';
import type { CommandChannel, FileStore, Ownership, Store } from '#core/ports.ts';
import type { Carrier, CarrierEvent } from '#engine/contracts/carrier.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { Providers } from '#engine/voice-session.ts';
import { Admission } from './admission.ts';
import { RunningCall, type CallWatchEvent, type Log } from './running-call.ts';
import { scriptFor } from './agent-script.ts';

export interface LiveOptions {
  readonly store: Store;
  readonly files: FileStore;
  readonly clock: WallClock;
  readonly realClock: CallClock;
  readonly providers: Providers;
  readonly carrier: Carrier;
  readonly serverId: string;
  readonly slots: number;
  readonly commands: CommandChannel;
  readonly leaseMs: number;
  readonly log: Log;
}

export type Connection =
  | { readonly events: MediaEvents; readonly begin: () => void; readonly sid: string }
  | { readonly refused: 'unknown' | 'ended' | 'connected' };

const HEARTBEATS_PER_LEASE = 3;
const REMOTE_LIMIT_MS = 5000;

/** All calls that run in this process: places, finds, commands and ends them, and keeps their leases. */
export class LiveCallsHere implements LiveCalls {
  readonly #options: LiveOptions;
  readonly #admission: Admission;
  readonly #running = new Map<number, RunningCall>();
  /** Calls that are being got ready: whoever commands one waits until it runs, or has failed to. */
  readonly #starting = new Map<number, Promise<void>>();
  readonly #waiting = new Map<number, NodeJS.Timeout>();
  /** Who wants to know that a call is gone. */
  readonly #gone = new Map<number, (() => void)[]>();
  readonly #watchers = new Set<(event: CallWatchEvent) => void>();
  readonly #heartbeat: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#admission = new Admission(options.slots);
    this.#heartbeat = setInterval(() => {
      this.#beating = this.#beat();
    }, options.leaseMs / HEARTBEATS_PER_LEASE);
  }

  /** A command that another server passed on: the call is run here, or was. */
  obey(callId: number, command: CallCommand): void {
    this.#running.get(callId)?.command(command);
  }

  get count(): number {
    return this.#running.size;
  }

  /** Tells what happens on every call here; answers how to stop. */
  watch(watcher: (event: CallWatchEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  reserve(): { reservation: Reservation } | { refused: string } {
    return this.#closed ? { refused: 'This server is shutting down' } : this.#admission.reserve();
  }

  dial(call: Call, reservation: Reservation): void {
    this.#start(call, reservation, () => this.#dial(call, reservation));
  }

  expect(call: Call, reservation: Reservation): void {
    this.#start(call, reservation, async () => {
      const running = await this.#run(call, { owner: this.#options.serverId, epoch: call.epoch }, reservation, this.#options.realClock, () => undefined);
      this.#waiting.set(call.id, setTimeout(() => void running.fail('canceled', 'no_media', 'Nobody connected to the media socket'), call.ringTimeoutMs));
    });
  }

  async send(callId: number, command: CallCommand): Promise<CommandAcknowledgement> {
    await this.#starting.get(callId);
    const running = this.#running.get(callId);
    const { store, serverId, commands, clock } = this.#options;
    const call = await store.calls.byId(callId);
    if (!call || isEnded(call.status)) return 'not-running';
    if (call.owner !== null && call.owner !== serverId) {
      await commands.send(call.owner, callId, command);
      if (command.type === 'say') return 'done';
      // Acknowledged when the end is on record; an owner that does not answer is as good as dead.
      for (const until = clock.now().getTime() + REMOTE_LIMIT_MS; clock.now().getTime() < until; await new Promise((again) => setTimeout(again, 50))) {
        const now = await store.calls.byId(callId);
        if (!now || isEnded(now.status)) return 'done';
      }
      return 'not-running';
    }
    if (!running) return 'not-running';
    return new Promise((done) => {
      if (command.type === 'say') {
        running.command(command);
        return done('done');
      }
      // Acknowledged when the end is on record.
      this.#gone.set(callId, [...(this.#gone.get(callId) ?? []), () => done('done')]);
      running.command(command);
    });
  }

  view(callId: number): LiveView | null {
    return this.#running.get(callId)?.view ?? null;
  }

  /**
   * A media socket has come for a call: first connection, or the same party again. `again` is proof of that: it takes the
   * place of a connection that looks alive and is dead, for its owner knew before us that it broke.
   */
  async connect(call: Call, leg: MediaLeg, again: boolean): Promise<Connection> {
    if (isEnded(call.status)) return { refused: 'ended' };
    await this.#starting.get(call.id);
    const running = this.#running.get(call.id) ?? (await this.#adopt(call));
    if (!running) return { refused: 'unknown' };
    if (running.connected && !again) return { refused: 'connected' };
    this.#stopWaiting(call.id);
    if (running.answered) {
      const events = running.reconnect(leg);
      return events ? { events, begin: () => running.begin(), sid: call.sid } : { refused: 'ended' };
    }
    const events = await running.answer(leg);
    return events ? { events, begin: () => running.begin(), sid: call.sid } : { refused: 'connected' };
  }

  /** No new calls; running ones get `graceMs` to end, then are ended. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const call of this.#running.values()) if (!call.answered) void call.fail('canceled', 'shutdown', 'The server was shut down');
    const ended = async () => {
      while (this.#running.size > 0) await new Promise((again) => setTimeout(again, 20));
    };
    if (graceMs > 0) await Promise.race([ended(), new Promise((over) => setTimeout(over, graceMs).unref())]);
    for (const call of this.#running.values()) call.command({ type: 'end', reason: 'shutdown' });
    await Promise.race([ended(), new Promise((over) => setTimeout(over, 5000).unref())]);
    clearInterval(this.#heartbeat);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#admission.close();
    await this.#beating;
  }

  /** Whatever goes wrong before a call runs is its end, and on record. */
  #start(call: Call, reservation: Reservation, begin: () => Promise<void>): void {
    const started = begin().catch(async (error: unknown) => {
      this.#options.log.error({ err: error, call: call.sid }, 'the call could not be placed');
      reservation.give();
      await this.#giveUp(call, error instanceof Error ? error.message : 'The carrier refused the call');
    });
    this.#starting.set(call.id, started);
    void started.finally(() => this.#starting.delete(call.id));
  }

  async #dial(call: Call, reservation: Reservation): Promise<void> {
    const { carrier, store, log } = this.#options;
    const began = performance.now();
    const agent = (await store.agents.evenDeleted(call.agentId))!;
    let running: RunningCall | null = null;
    const early: CarrierEvent[] = [];
    const dialled = await carrier.dial(
      { callSid: call.sid, to: call.to!, from: call.from, ringTimeoutMs: call.ringTimeoutMs, hints: scriptFor(agent, call).phrases },
      (event) => (running ? this.#onCarrier(running, event) : void early.push(event)),
    );
    const hangUp = () => {
      carrier.hangUp(dialled.carrierCallId).catch((error: unknown) => log.error({ err: error, call: call.sid }, 'the carrier did not hang up'));
    };
    running = await this.#run(call, { owner: this.#options.serverId, epoch: call.epoch }, reservation, dialled.clock ?? this.#options.realClock, hangUp);
    running.dialled(dialled.carrierCallId, Math.round(performance.now() - began));
    for (const event of early.splice(0)) this.#onCarrier(running, event);
  }

  #onCarrier(running: RunningCall, event: CarrierEvent): void {
    switch (event.type) {
      case 'ringing':
        return running.ringing();
      case 'failed':
        return void running.fail(event.outcome, event.outcome.replace('-', '_'), failureText(event.outcome, event.reason));
      case 'answered':
        void running.answer(event.leg).then((events) => {
          if (!events) return event.leg.close();
          event.connect(events);
          running.begin();
        });
    }
  }

  async #run(call: Call, ownership: Ownership, reservation: Reservation, callClock: CallClock, hangUpCarrier: () => void): Promise<RunningCall> {
    const { store, files, clock, providers, log } = this.#options;
    const agent = await store.agents.evenDeleted(call.agentId);
    if (!agent) throw new Error(`call ${call.sid} names an agent that does not exist`);
    const running = new RunningCall({
      call, agent, ownership, reservation, callClock, providers, store, files, clock, log, hangUpCarrier,
      onGone: () => {
        this.#running.delete(call.id);
        this.#stopWaiting(call.id);
        for (const tell of this.#gone.get(call.id) ?? []) tell();
        this.#gone.delete(call.id);
      },
      watch: (event) => {
        for (const watcher of this.#watchers) watcher(event);
      },
    });
    this.#running.set(call.id, running);
    return running;
  }

  /** The media came to this server although another one placed the call: it is ours from here on. */
  async #adopt(call: Call): Promise<RunningCall | null> {
    const { store, clock, serverId, leaseMs, realClock } = this.#options;
    const ownership = await store.calls.takeOver(call.id, serverId, new Date(clock.now().getTime() + leaseMs));
    if (!ownership) return null;
    const room = this.#admission.force();
    return this.#run(call, ownership, room, realClock, () => undefined);
  }

  async #giveUp(call: Call, failure: string): Promise<void> {
    await finishCall(this.#options, call.id, { owner: this.#options.serverId, epoch: call.epoch }, { status: 'refused', reason: 'refused', failure }).catch((error: unknown) => this.#options.log.error({ err: error, call: call.sid }, 'the end of the call could not be written'));
  }

  #stopWaiting(callId: number): void {
    clearTimeout(this.#waiting.get(callId));
    this.#waiting.delete(callId);
  }

  async #beat(): Promise<void> {
    const { store, clock, serverId, leaseMs, log } = this.#options;
    try {
      const running = [...this.#running.values()];
      const ours = new Set(await store.calls.extendLeases(serverId, running.map((one) => one.call.id), new Date(clock.now().getTime() + leaseMs)));
      for (const one of running) if (!ours.has(one.call.id)) one.checkOwnership();
      const reaped = await reapAbandoned(this.#options);
      if (reaped > 0) log.warn({ reaped }, 'ended calls whose server had stopped');
    } catch (error) {
      if (!this.#closed) log.error({ err: error }, 'leases could not be extended');
    }
  }
}

function failureText(outcome: 'busy' | 'no-answer' | 'canceled' | 'refused', reason: string): string {
  switch (outcome) {
    case 'busy':
      return 'The line was busy';
    case 'no-answer':
      return 'Nobody answered';
    case 'canceled':
      return 'The call was canceled';
    case 'refused':
      return `The carrier refused the call: ${reason}`;
  }
}
