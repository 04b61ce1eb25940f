import { isEnded, type Call } from '#core/calls/call.ts';
import { endingOf, finishCall } from '#core/calls/finish-call.ts';
import type {
  CallCommand,
  CommandAcknowledgement,
  LiveCalls,
  LiveView,
  Reservation,
  ServerCommand,
} from '#core/calls/live-calls.ts';
import type { MediaParty } from '#core/calls/media-token-store.ts';
import { AppError, logFailure } from '#core/kernel/errors.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { Admission } from './admission.ts';
import { Announcement } from './announcement.ts';
import { CallSlots, type CallSlot } from './call-slot.ts';
import { CallStarter, type CallStarterOptions } from './call-starter.ts';
import { callFields } from './call-fields.ts';
import { join, type Connection, type Refused } from './joining.ts';
import { NotPlaced } from './placing.ts';
import type { CallWatchEvent, RunningCall } from './running-call.ts';
import { SERVER_TIMEOUT_MS, sendElsewhere, tellElsewhere, viewElsewhere } from './remote-live-calls.ts';
import { giveUp } from './give-up.ts';
import type { DialInquiries } from './dial-inquiries.ts';
import { reap } from './reaper.ts';

export interface LiveOptions extends CallStarterOptions {
  readonly slots: number;
  readonly inquiries: DialInquiries;
}

const HEARTBEATS_PER_LEASE = 3;
/** If an assigned call has not started after this, the dial notification was lost. */
const LOST_NOTIFICATION_MS = 2000;
/** An answered call whose media does not connect within this is ended. */
const MEDIA_TIMEOUT_MS = 30_000;
/** A request to place a call is answered after this at the latest, whether or not the carrier has taken it. */
const DIAL_REPLY_MS = 5000;
/** How often calls with an open entry read the records of the desk, in case a command was lost. */
const DESK_LOOK_MS = 1000;
/** How long calls have to end when the server stops. */
const CLOSING_MS = 5000;

/** All calls that run in this process: places, finds, commands and ends them, and keeps their leases. */
export class LiveCallsHere implements LiveCalls {
  readonly #options: LiveOptions;
  readonly #admission: Admission;
  readonly #slots = new CallSlots();
  readonly #starter: CallStarter;
  readonly #watchers = new Set<(event: CallWatchEvent) => void>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #deskLooks: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();
  #closed = false;
  #announcement: Announcement | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#admission = new Admission(options.serverId, options.slots, () => {
      const running = this.#slots.running();
      const real = running.filter((one) => one.inRealTime).length;
      return { real, simulated: running.length - real };
    });
    const desk = { ...options, live: this };
    this.#starter = new CallStarter(options, this.#admission, desk, (event) => {
      for (const watcher of this.#watchers) watcher(event);
    });
    this.#deskLooks = setInterval(() => void this.#lookAtDesks(), DESK_LOOK_MS);
    this.#heartbeat = setInterval(() => {
      this.#beating = this.#beat();
    }, options.leaseMs / HEARTBEATS_PER_LEASE);
  }

  /** A command that another server passed on; the call runs here, or ran here. */
  obey(callId: number, command: ServerCommand): void {
    const running = this.#slots.find(callId)?.running;
    if (command.type === 'dial' || command.type === 'expect') void this.#takeUp(callId);
    else if (command.type === 'carrier') void this.#hearElsewhere(callId, command.signal, command.carrierCallId);
    else if (running) this.#slots.find(callId)?.command(command);
    else void this.#commandEarly(callId, command);
  }

  get count(): number {
    return this.#slots.runningCount;
  }

  /** Reports every event of the calls here; the returned function stops it. */
  watch(watcher: (event: CallWatchEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  reserve(hasWaited = false): { reservation: Reservation } | { refused: string } {
    if (this.#closed) throw new AppError('unavailable', 'This server is shutting down and takes no new calls');
    return this.#admission.reserve(hasWaited);
  }

  async reserveWhenQuiet(limitMs: number): Promise<{ reservation: Reservation } | { refused: string }> {
    await this.#admission.untilQuiet(limitMs);
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
      this.#start(call, reservation, (slot) => this.#starter.dial(slot, call, reservation)),
      new Promise<void>((late) => setTimeout(late, DIAL_REPLY_MS).unref()),
    ]);
  }

  expect(call: Call, reservation: Reservation): void {
    void this.#start(call, reservation, (slot) => this.#starter.expect(slot, call, reservation));
  }

  async tell(call: Call, signal: CarrierSignal, carrierCallId: string): Promise<CommandAcknowledgement> {
    if (isEnded(call.status)) {
      // It was given up because the carrier's answer was lost; this event shows that the carrier has taken it.
      if (call.carrierCallId === null && signal.type !== 'ended')
        await this.#options.carriers.hangUp(call.carrier, carrierCallId, this.#options.log);
      return 'not-running';
    }
    if (call.owner !== null && call.owner !== this.#options.serverId)
      return tellElsewhere(this.#options, call.owner, call.id, signal, carrierCallId);
    return this.#hear(call.id, signal, carrierCallId);
  }

  async send(callId: number, command: CallCommand): Promise<CommandAcknowledgement> {
    const starting = this.#slots.find(callId);
    if (command.type === 'end') starting?.placing?.cancel(command.reason);
    await starting?.starting;
    const { store, serverId } = this.#options;
    const call = await store.calls.byId(callId);
    // The slot is read only now: the call may have ended while its record was read.
    const slot = this.#slots.find(callId);
    await slot?.starting;
    const running = slot?.running;
    if (!call || isEnded(call.status)) return 'not-running';
    if (call.owner !== null && call.owner !== serverId)
      return sendElsewhere(this.#options, call.owner, callId, command);
    if (!slot || !running) return 'not-running';
    if (command.type === 'end' && command.unanswered === true && running.isPickedUp) return 'done';
    return new Promise((done) => {
      if (command.type !== 'end') {
        slot.command(command);
        return done('done');
      }
      // Acknowledged when the end is on record.
      slot.whenEnded(() => done('done'));
      running.command(command);
    });
  }

  /** Whether the media of a call is connected here and its peer answers. If not, the call is ready to be taken over. */
  async isReachedHere(callId: number): Promise<boolean> {
    const running = this.#slots.find(callId)?.running;
    if (!running) return false;
    if (await running.isReached()) return true;
    await running.checkpoint();
    return false;
  }

  viewHere(callId: number): LiveView | null {
    return this.#slots.find(callId)?.running?.view ?? null;
  }

  async view(callId: number): Promise<LiveView | null> {
    return this.viewHere(callId) ?? viewElsewhere(this.#options, callId, this.#options.serverId);
  }

  readonly lastSeen = () => this.#options.clock.now();
  readonly mediaUrl = () => null;

  /** Announces this server as one that carries calls, until it is closed. */
  async announce(url: string): Promise<void> {
    const { store, serverId, slots, log } = this.#options;
    const look = () => ({
      id: serverId,
      url,
      free: this.#closed ? 0 : Math.max(0, slots - this.#admission.taken),
      running: this.#slots.runningCount,
    });
    this.#announcement = await Announcement.begin({ mediaServers: store.mediaServers, log, currentState: look });
  }

  /** A media socket has come for a call. It replaces a connection only when that one is dead. */
  connect(call: Call, leg: MediaLeg): Promise<Connection> {
    const slot = this.#slots.open(call.id);
    return slot.connectInTurn(() => this.#connect(slot, call, leg));
  }

  async #connect(slot: CallSlot, call: Call, leg: MediaLeg): Promise<Connection> {
    if (isEnded(call.status)) return { refused: 'ended' };
    // On the simulator a simulated person is, or will be, at the other end.
    const carriers = await this.#options.carriers.list();
    if (carriers.some(({ id, real }) => id === call.carrier && !real)) return { refused: 'connected' };
    await slot.starting;
    const running = slot.running ?? (await this.#adopt(slot));
    if ('refused' in running) return running;
    if (await running.isReached()) return { refused: 'connected' };
    slot.clearDeadline();
    return join(running, leg);
  }

  /** The media socket of a human agent or supervisor has come for a call that runs here. */
  connectParty(callId: number, party: MediaParty, leg: MediaLeg): Promise<Connection> {
    const slot = this.#slots.find(callId);
    const { desk } = slot ?? {};
    return slot && desk
      ? slot.connectInTurn(() => desk.connect(party, leg))
      : Promise.resolve({ refused: 'unknown' as const });
  }

  /** The address of the other server that runs the call; null if it runs here, or that server is not known. */
  async serverOf({ id, owner }: Pick<Call, 'id' | 'owner'>): Promise<string | null> {
    const { store, serverId } = this.#options;
    if (owner === null || owner === serverId || this.#slots.find(id)?.running) return null;
    return (await store.mediaServers.list(SERVER_TIMEOUT_MS)).find((one) => one.id === owner)?.url ?? null;
  }

  /** A user of this organization, or of any if null, may have lost their role. */
  credentialsChanged(organizationId: number | null): void {
    for (const { running, desk } of this.#slots.all())
      if (organizationId === null || running?.call.organizationId === organizationId) desk?.look();
  }

  async #lookAtDesks(): Promise<void> {
    const { store, log } = this.#options;
    const running = this.#slots.all().flatMap((slot) => (slot.desk ? [slot.callId] : []));
    try {
      for (const callId of await store.desk.openAmong(running)) this.#slots.find(callId)?.desk?.look();
    } catch (error) {
      if (!this.#closed) logFailure(log, error, 'the desk could not be read');
    }
  }

  /** Takes over a call of another server; commands that come meanwhile wait for it. */
  #adopt(slot: CallSlot): Promise<RunningCall | Refused> {
    const adopted = this.#starter.adopt(slot);
    const settled = adopted.then(
      () => undefined,
      () => undefined,
    );
    void slot.start(() => settled);
    return adopted;
  }

  /** From now on, no new call gets a slot; those that have one go on. */
  refuseNew(): void {
    this.#closed = true;
  }

  /** No new calls; running ones get `graceMs` to end, then are ended. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const slot of this.#slots.all()) slot.placing?.cancel('shutdown');
    const settled = (work: Promise<unknown>) =>
      Promise.race([work, new Promise((over) => setTimeout(over, CLOSING_MS).unref())]);
    // A start ends as a running call or not at all; a carrier that has been asked must answer first.
    await settled(Promise.allSettled(this.#slots.all().flatMap((slot) => slot.starting ?? [])));
    for (const call of this.#slots.running())
      if (!call.answered) void call.fail('canceled', 'shutdown', 'The server was shut down');
    let waits = true;
    const ended = async () => {
      while (waits && this.#slots.runningCount > 0) await new Promise((again) => setTimeout(again, 20));
    };
    if (graceMs > 0) await Promise.race([ended(), new Promise((over) => setTimeout(over, graceMs).unref())]);
    for (const call of this.#slots.running()) call.command({ type: 'end', reason: 'shutdown', by: 'system' });
    await settled(ended());
    // A call that does not end must not keep the process alive.
    waits = false;
    clearInterval(this.#heartbeat);
    clearInterval(this.#deskLooks);
    await this.#announcement?.end();
    for (const slot of this.#slots.all()) slot.clearDeadline();
    this.#admission.close();
    await this.#beating;
  }

  /** Starts a call in its slot, once. A failure before it runs ends the call on record. */
  #start(call: Call, reservation: Reservation, begin: (slot: CallSlot) => Promise<void>): Promise<void> {
    const slot = this.#slots.open(call.id);
    if (slot.starting || slot.running) {
      reservation.give();
      return Promise.resolve();
    }
    this.#options.log.info(callFields(call), call.direction === 'outbound' ? 'call placed' : 'call expected');
    const failed = async (error: unknown) => {
      reservation.give();
      if (error instanceof NotPlaced) return giveUp(this.#options, call, error);
      this.#options.log.error({ err: error, call: call.sid }, 'the call could not be started');
      await giveUp(
        this.#options,
        call,
        new NotPlaced('refused', 'error', 'The call could not be placed because of an internal error'),
      );
    };
    return slot.start(() => begin(slot).catch(failed));
  }

  /** Starts a call that another server has assigned to this one. It was admitted there, so it is not refused here. */
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
      log.error({ err: error }, 'an assigned call could not be started');
    }
  }

  /**
   * A command from another server that arrives before the call runs. A call that was ended is not dialled afterwards.
   */
  async #commandEarly(callId: number, command: CallCommand): Promise<void> {
    const { store, clock, serverId, log } = this.#options;
    try {
      if ((await this.send(callId, command)) === 'done' || command.type !== 'end') return;
      const call = await store.calls.byId(callId);
      // Its dial command has not arrived yet, and will find the call ended.
      if (call?.owner === serverId && !isEnded(call.status))
        await finishCall(
          { store, clock },
          callId,
          { owner: serverId, epoch: call.epoch },
          endingOf(call, command.reason),
        );
    } catch (error) {
      log.error({ err: error }, 'a command to a call failed');
    }
  }

  /** Takes a carrier's signal for a call here. Never waits for the carrier, which may be waiting for this answer. */
  #hear(callId: number, signal: CarrierSignal, carrierCallId: string): CommandAcknowledgement {
    const slot = this.#slots.find(callId);
    slot?.placing?.seen(carrierCallId);
    const deliver = () => {
      const running = slot?.running;
      if (!slot || !running) return;
      running.signal(signal);
      if (signal.type === 'answered' && !running.answered) this.#starter.awaitMedia(slot, running, MEDIA_TIMEOUT_MS);
    };
    if (slot?.starting) void slot.starting.then(deliver);
    else if (slot?.running) deliver();
    else return 'not-running';
    return 'done';
  }

  /** A carrier's signal that another server passed on; the call may have been given up. */
  async #hearElsewhere(callId: number, signal: CarrierSignal, carrierCallId: string): Promise<void> {
    if (this.#hear(callId, signal, carrierCallId) === 'done') return;
    const call = await this.#options.store.calls.byId(callId).catch(() => null);
    if (call && isEnded(call.status)) await this.tell(call, signal, carrierCallId);
  }

  async #beat(): Promise<void> {
    const { store, clock, serverId, leaseMs, log } = this.#options;
    try {
      // Calls that are still being placed keep their lease too.
      const slots = this.#slots.all().filter((slot) => slot.phase !== 'idle');
      const callIds = slots.map((slot) => slot.callId);
      const ours = new Set(await store.calls.extendLeases(serverId, callIds, leaseMs));
      for (const slot of slots) {
        if (ours.has(slot.callId)) continue;
        slot.running?.checkOwnership();
        slot.placing?.cancel('lost_ownership');
      }
      if (this.#announcement)
        for (const call of await store.calls.placedFor(
          serverId,
          new Date(clock.now().getTime() - LOST_NOTIFICATION_MS),
        ))
          if ((this.#slots.find(call.id)?.phase ?? 'idle') === 'idle') await this.#takeUp(call.id);
      await reap({ ...this.#options, by: { serverId, callIds } });
    } catch (error) {
      if (!this.#closed) logFailure(log, error, 'leases could not be extended');
    }
  }
}
