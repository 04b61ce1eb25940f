import { isCallSid, isEnded, type Call } from '#core/calls/call.ts';
import type { CallJournal } from '#core/calls/call-journal.ts';
import { endingOf, finishCall } from '#core/calls/finish-call.ts';
import type {
  CallCommand,
  CommandAcknowledgement,
  LiveCalls,
  LiveView,
  Reservation,
  ServerCommand,
} from '#core/calls/live-calls.ts';
import { AppError, logFailure } from '#core/kernel/errors.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { CommandChannel } from '#core/calls/command-channel.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { CarrierEvent } from '#contracts/carrier.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { Admission } from './admission.ts';
import { Announcement } from './announcement.ts';
import { continuationOf, type Continuation } from './continuation.ts';
import { CallDeadlines } from './call-deadlines.ts';
import { CarrierEvents, carrierSide, failureText } from './carrier-side.ts';
import { callFields } from './call-fields.ts';
import type { Carriers } from './carriers.ts';
import { join, takeOver, type Connection, type Refused } from './joining.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { NotPlaced, Placing, type Placed, type PlacingOptions } from './placing.ts';
import type { Log } from '#core/kernel/log.ts';
import { NO_CARRIER, RunningCall, type CallWatchEvent, type CarrierSide } from './running-call.ts';
import { sendElsewhere, tellElsewhere, viewElsewhere } from './remote-live-calls.ts';
import { giveUp } from './give-up.ts';
import { PreparedCall, type PreparedOptions } from './prepared-call.ts';
import { reap } from './reaper.ts';
import type { McpTools } from '#agent-mind/tools/mcp-tools.ts';

export interface LiveOptions extends PreparedOptions {
  readonly files: FileStore;
  readonly realClock: CallClock;
  readonly carriers: Carriers;
  readonly placing: Pick<PlacingOptions, 'webhookUrl' | 'mediaUrl'>;
  readonly serverId: string;
  readonly slots: number;
  readonly mcp: McpTools;
  readonly commands: CommandChannel;
  readonly journal: CallJournal;
  readonly leaseMs: number;
  readonly log: Log;
}

const HEARTBEATS_PER_LEASE = 3;
/** If an assigned call has not started after this, the dial notification was lost. */
const FORGOTTEN_MS = 2000;
/** A carrier gives up ringing by itself; so long after that we do. */
const RING_GRACE_MS = 15_000;
/** Somebody has picked up, and no media comes. */
const NO_MEDIA_MS = 30_000;
const NO_MEDIA = 'Nobody connected to the media socket';
/** Whoever waits to know that the carrier has taken a call waits no longer. */
const TAKEN_MS = 5000;
/** How long calls have to come to their end when the server goes. */
const CLOSING_MS = 5000;

/** All calls that run in this process: places, finds, commands and ends them, and keeps their leases. */
export class LiveCallsHere implements LiveCalls {
  readonly #options: LiveOptions;
  readonly #admission: Admission;
  readonly #running = new Map<number, RunningCall>();
  /** Calls that are being got ready: whoever commands one waits until it runs, or has failed to. */
  readonly #starting = new Map<number, Promise<void>>();
  readonly #placing = new Map<number, Placing>();
  readonly #connecting = new KeyedQueue();
  readonly #deadlines = new CallDeadlines();
  readonly #gone = new Map<number, (() => void)[]>();
  readonly #watchers = new Set<(event: CallWatchEvent) => void>();
  readonly #heartbeat: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();
  #closed = false;
  #announcement: Announcement | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#admission = new Admission(options.serverId, options.slots, () => {
      const real = [...this.#running.values()].filter((one) => one.inRealTime).length;
      return { real, simulated: this.#running.size - real };
    });
    this.#heartbeat = setInterval(() => {
      this.#beating = this.#beat();
    }, options.leaseMs / HEARTBEATS_PER_LEASE);
  }

  /** A command that another server passed on: the call is run here, or was. */
  obey(callId: number, command: ServerCommand): void {
    if (command.type === 'dial' || command.type === 'expect') void this.#takeUp(callId);
    else if (command.type === 'carrier') void this.#hearElsewhere(callId, command.signal, command.carrierCallId);
    else if (this.#running.has(callId)) this.#running.get(callId)!.command(command);
    else void this.#commandEarly(callId, command);
  }

  get count(): number {
    return this.#running.size;
  }

  /** Tells what happens on every call here; answers how to stop. */
  watch(watcher: (event: CallWatchEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  reserve(hasWaited = false): { reservation: Reservation } | { refused: string } {
    if (this.#closed) throw new AppError('unavailable', 'This server is shutting down and takes no new calls');
    return this.#admission.reserve(hasWaited);
  }

  async reserveWhenQuiet(): Promise<{ reservation: Reservation } | { refused: string }> {
    await this.#admission.untilQuiet();
    return this.reserve(true);
  }

  mustReserve(): { reservation: Reservation } {
    const admitted = this.#closed ? null : this.#admission.reserve();
    return admitted && 'reservation' in admitted
      ? admitted
      : { reservation: { ...this.#admission.force(), full: true } };
  }

  dial(call: Call, reservation: Reservation): Promise<void> {
    return Promise.race([
      this.#start(call, reservation, () => this.#dial(call, reservation)),
      new Promise<void>((late) => setTimeout(late, TAKEN_MS).unref()),
    ]);
  }

  expect(call: Call, reservation: Reservation): void {
    void this.#start(call, reservation, () => this.#expect(call, reservation));
  }

  async tell(call: Call, signal: CarrierSignal, carrierCallId: string): Promise<CommandAcknowledgement> {
    if (isEnded(call.status)) {
      // It was given up because nobody could say whether the carrier had taken it: it has.
      if (call.carrierCallId === null && signal.type !== 'ended')
        await this.#options.carriers.hangUp(call.carrier, carrierCallId, this.#options.log);
      return 'not-running';
    }
    if (call.owner !== null && call.owner !== this.#options.serverId)
      return tellElsewhere(this.#options, call.owner, call.id, signal, carrierCallId);
    return this.#hear(call.id, signal, carrierCallId);
  }

  async send(callId: number, command: CallCommand): Promise<CommandAcknowledgement> {
    if (command.type === 'end') this.#placing.get(callId)?.cancel(command.reason);
    await this.#starting.get(callId);
    const { store, serverId } = this.#options;
    const call = await store.calls.byId(callId);
    // Looked for only now: while its record was read it may have come to its end, and nobody would tell us so again.
    const running = this.#running.get(callId);
    if (!call || isEnded(call.status)) return 'not-running';
    if (call.owner !== null && call.owner !== serverId)
      return sendElsewhere(this.#options, call.owner, callId, command);
    if (!running) return 'not-running';
    return new Promise((done) => {
      if (command.type !== 'end') {
        running.command(command);
        return done('done');
      }
      // Acknowledged when the end is on record.
      this.#gone.set(callId, [...(this.#gone.get(callId) ?? []), () => done('done')]);
      running.command(command);
    });
  }

  /** Whether the media of a call is connected here, and its other end answers. */
  async isReachedHere(callId: number): Promise<boolean> {
    return (await this.#running.get(callId)?.isReached()) ?? false;
  }

  viewHere(callId: number): LiveView | null {
    return this.#running.get(callId)?.view ?? null;
  }

  async view(callId: number): Promise<LiveView | null> {
    return this.viewHere(callId) ?? viewElsewhere(this.#options, callId, this.#options.serverId);
  }

  readonly mediaUrl = () => null;

  /** Says of itself that it carries calls, until it is closed. */
  async announce(url: string): Promise<void> {
    const { store, serverId, slots, log } = this.#options;
    const look = () => ({
      id: serverId,
      url,
      free: this.#closed ? 0 : Math.max(0, slots - this.#admission.taken),
      running: this.#running.size,
    });
    this.#announcement = await Announcement.begin({ mediaServers: store.mediaServers, log, look });
  }

  /** A media socket has come for a call. It replaces a connection only when that one is dead. */
  connect(call: Call, leg: MediaLeg): Promise<Connection> {
    // One after another, so that of several sockets at once the first connects and the others find it connected.
    return this.#connecting.run(call.id, () => this.#connect(call, leg));
  }

  async #connect(call: Call, leg: MediaLeg): Promise<Connection> {
    if (isEnded(call.status)) return { refused: 'ended' };
    await this.#starting.get(call.id);
    const running = this.#running.get(call.id) ?? (await this.#adopt(call.id));
    if ('refused' in running) return running;
    if (await running.isReached()) return { refused: 'connected' };
    this.#deadlines.clear(call.id);
    return join(running, leg);
  }

  /** No new calls; running ones get `graceMs` to end, then are ended. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const placing of this.#placing.values()) placing.cancel('shutdown');
    const settled = (work: Promise<unknown>) =>
      Promise.race([work, new Promise((over) => setTimeout(over, CLOSING_MS).unref())]);
    // What is being begun is a call that runs, or none: a carrier that is being asked has to answer first.
    await settled(Promise.allSettled(this.#starting.values()));
    for (const call of this.#running.values())
      if (!call.answered) void call.fail('canceled', 'shutdown', 'The server was shut down');
    const ended = async () => {
      while (this.#running.size > 0) await new Promise((again) => setTimeout(again, 20));
    };
    if (graceMs > 0) await Promise.race([ended(), new Promise((over) => setTimeout(over, graceMs).unref())]);
    for (const call of this.#running.values()) call.command({ type: 'end', reason: 'shutdown' });
    await settled(ended());
    clearInterval(this.#heartbeat);
    await this.#announcement?.end();
    this.#deadlines.close();
    this.#admission.close();
    await this.#beating;
  }

  /** Whatever goes wrong before a call runs is its end, and on record. */
  #start(call: Call, reservation: Reservation, begin: () => Promise<void>): Promise<void> {
    if (this.#starting.has(call.id) || this.#running.has(call.id)) {
      reservation.give();
      return Promise.resolve();
    }
    this.#options.log.info(callFields(call), call.direction === 'outbound' ? 'call placed' : 'call expected');
    const started = begin().catch(async (error: unknown) => {
      reservation.give();
      if (error instanceof NotPlaced) return giveUp(this.#options, call, error);
      this.#options.log.error({ err: error, call: call.sid }, 'the call could not be begun');
      await giveUp(
        this.#options,
        call,
        new NotPlaced('refused', 'error', 'An internal error kept the call from being placed'),
      );
    });
    this.#starting.set(call.id, started);
    void started.finally(() => this.#starting.delete(call.id));
    return started;
  }

  /** Begins a call that another server has placed for us. It was let in there, so it is not refused here. */
  async #takeUp(callId: number): Promise<void> {
    const { store, serverId, log } = this.#options;
    try {
      const call = await store.calls.byId(callId);
      if (
        !call ||
        call.owner !== serverId ||
        (call.direction === 'outbound' && call.status !== 'placed') ||
        isEnded(call.status) ||
        this.#closed
      )
        return;
      const { reservation } = this.mustReserve();
      if (call.direction === 'outbound') void this.dial(call, reservation);
      else this.expect(call, reservation);
    } catch (error) {
      log.error({ err: error }, 'a call that was placed elsewhere could not be taken up');
    }
  }

  async #dial(call: Call, reservation: Reservation): Promise<void> {
    const { serverId, store, realClock, carriers, log } = this.#options;
    const ownership = { owner: serverId, epoch: call.epoch };
    const events = new CarrierEvents();
    const { prepared, placedMs, call: placed, carrier, dialled } = await this.#place(call, events.tell);
    const { carrierCallId } = dialled;
    const named =
      carriers.manifestBy('id', carrier.id)?.namesCalls === true && isCallSid(carrierCallId)
        ? { sid: carrierCallId }
        : {};
    const ours = await store.calls
      .progress(call.id, ownership, { carrierCallId, placedMs, ...named })
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (ours !== true) {
      // Ended, or taken over, while the carrier took it; or nobody would know of it.
      await carriers.hangUp(carrier.id, carrierCallId, log);
      throw ours === false ? new NotPlaced('canceled', 'canceled', 'The call was canceled') : ours;
    }
    const current = { ...placed, ...named, carrierCallId };
    const running = this.#run(
      current,
      prepared,
      ownership,
      reservation,
      dialled.clock ?? realClock,
      carrierSide(current, carrier, prepared.agent.transferNumber, log),
    );
    if (carrier.real)
      this.#deadlines.set(
        call.id,
        call.ringTimeoutMs + RING_GRACE_MS,
        () => void running.fail('no-answer', 'no_answer', failureText('no-answer', '')),
      );
    events.goTo(running);
  }

  /** Gets a call ready and has a carrier take it. It can be canceled from the first moment on. */
  async #place(
    call: Call,
    onEvent: (event: CarrierEvent) => void,
  ): Promise<Placed & { readonly prepared: PreparedCall; readonly placedMs: number }> {
    const placing = new Placing({ ...this.#options, ...this.#options.placing }, call);
    this.#placing.set(call.id, placing);
    try {
      const prepared = await PreparedCall.of(call, this.#options, this.#options.mcp);
      const began = performance.now();
      const placed = await placing.place(prepared.script(call).phrases, onEvent);
      return { ...placed, prepared, placedMs: Math.round(performance.now() - began) };
    } finally {
      this.#placing.delete(call.id);
    }
  }

  /** A call that comes in, or a browser's: its media socket is waited for, or it is somebody whom the carrier has here. */
  async #expect(call: Call, reservation: Reservation): Promise<void> {
    const { serverId, carriers, realClock } = this.#options;
    const prepared = await PreparedCall.of(call, this.#options, this.#options.mcp);
    const events = new CarrierEvents();
    const hints = prepared.script(call).phrases;
    const { from, carrierCallId } = call;
    const here =
      from === null || carrierCallId === null
        ? null
        : ((await carriers.control(call.carrier))?.receive?.(carrierCallId, { from, hints }, events.tell) ?? null);
    const running = this.#run(
      call,
      prepared,
      { owner: serverId, epoch: call.epoch },
      reservation,
      here?.clock ?? realClock,
      await this.#sideOf(call, prepared),
      reservation.full === true,
    );
    if (!here) this.#awaitMedia(running, call.ringTimeoutMs);
    events.goTo(running);
  }

  /** A command from another server that is here before the call runs. Nobody who was told to leave it is rung up after that. */
  async #commandEarly(callId: number, command: CallCommand): Promise<void> {
    const { store, clock, serverId, log } = this.#options;
    try {
      if ((await this.send(callId, command)) === 'done' || command.type !== 'end') return;
      const call = await store.calls.byId(callId);
      // The word that it is ours to dial has yet to come, and finds it ended.
      if (call?.owner === serverId && !isEnded(call.status))
        await finishCall(
          { store, clock },
          callId,
          { owner: serverId, epoch: call.epoch },
          endingOf(call, command.reason),
        );
    } catch (error) {
      log.error({ err: error }, 'a command to a call could not be carried out');
    }
  }

  /** What its carrier says of a call here. Never waits for the carrier itself, which may be waiting for our answer. */
  #hear(callId: number, signal: CarrierSignal, carrierCallId: string): CommandAcknowledgement {
    this.#placing.get(callId)?.seen(carrierCallId);
    const tell = () => {
      const running = this.#running.get(callId);
      running?.signal(signal);
      if (running && signal.type === 'answered' && !running.answered) this.#awaitMedia(running, NO_MEDIA_MS);
    };
    const starting = this.#starting.get(callId);
    if (starting) void starting.then(tell);
    else if (this.#running.has(callId)) tell();
    else return 'not-running';
    return 'done';
  }

  /** The same, as another server passed it on: it may be about a call that was given up. */
  async #hearElsewhere(callId: number, signal: CarrierSignal, carrierCallId: string): Promise<void> {
    if (this.#hear(callId, signal, carrierCallId) === 'done') return;
    const call = await this.#options.store.calls.byId(callId).catch(() => null);
    if (call && isEnded(call.status)) await this.tell(call, signal, carrierCallId);
  }

  /** What may be asked of the carrier about a call that it has given us, or of nobody. */
  async #sideOf(call: Call, { agent }: PreparedCall): Promise<CarrierSide> {
    const { carriers, log } = this.#options;
    const carrier = call.carrierCallId === null ? null : await carriers.control(call.carrier);
    return carrier ? carrierSide(call, carrier, agent.transferNumber, log) : NO_CARRIER;
  }

  #awaitMedia(running: RunningCall, ms: number): void {
    this.#deadlines.set(running.call.id, ms, () => void running.fail('broken', 'no_media', NO_MEDIA));
  }

  #run(
    call: Call,
    prepared: PreparedCall,
    ownership: Ownership,
    reservation: Reservation,
    callClock: CallClock,
    carrier: CarrierSide,
    turnAway = false,
    continued: Continuation | null = null,
  ): RunningCall {
    const { store, files, journal, clock, log } = this.#options;
    const tools = prepared.tools(call, ownership.epoch, carrier.transfer !== null);
    const providers = prepared.providers(call);
    const running = new RunningCall({
      call,
      prepared,
      ownership,
      reservation,
      callClock,
      providers,
      store,
      files,
      journal,
      clock,
      log,
      carrier,
      tools,
      turnAway,
      continued,
      onGone: () => {
        this.#running.delete(call.id);
        this.#deadlines.clear(call.id);
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

  /** The media came to this server although another one placed the call: it is ours from here on, unless media is connected there. */
  async #adopt(callId: number): Promise<RunningCall | Refused> {
    const { store, clock, realClock } = this.#options;
    const taken = await takeOver(this.#options, callId);
    if ('refused' in taken) return taken;
    const { call, ownership } = taken;
    // What ran there when the line broke: whether it was done, nobody here can know.
    await store.tools.lose(call.id);
    const prepared = await PreparedCall.of(call, this.#options, this.#options.mcp);
    const side = await this.#sideOf(call, prepared);
    const continued = await continuationOf(store, clock, call);
    const admitted = this.#admission.reserve();
    const hasRoom = 'reservation' in admitted;
    const reservation = hasRoom ? admitted.reservation : this.#admission.force();
    // A call that is under way goes on here whatever happens; one that has yet to be answered is told that there is no room.
    return this.#run(
      call,
      prepared,
      ownership,
      reservation,
      realClock,
      side,
      !hasRoom && continued === null,
      continued,
    );
  }

  async #beat(): Promise<void> {
    const { store, clock, serverId, leaseMs, log } = this.#options;
    try {
      const running = [...this.#running.values()];
      // Those that wait for their carrier's turn, or for what became of them, are alive as well.
      const placing = [...this.#placing];
      const callIds = [...new Set([...this.#running.keys(), ...this.#placing.keys(), ...this.#starting.keys()])];
      const ours = new Set(await store.calls.extendLeases(serverId, callIds, leaseMs));
      for (const one of running) if (!ours.has(one.call.id)) one.checkOwnership();
      for (const [id, one] of placing) if (!ours.has(id)) one.cancel('lost_ownership');
      if (this.#announcement)
        for (const call of await store.calls.placedFor(serverId, new Date(clock.now().getTime() - FORGOTTEN_MS)))
          if (!this.#running.has(call.id) && !this.#starting.has(call.id)) await this.#takeUp(call.id);
      await reap({ ...this.#options, by: { serverId, callIds } });
    } catch (error) {
      if (!this.#closed) logFailure(log, error, 'leases could not be extended');
    }
  }
}
