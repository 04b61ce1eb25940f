import { isCallSid, type Call } from '#core/calls/call.ts';
import type { Measurements } from '#core/metrics/measurements.ts';
import type { CallJournal } from '#core/calls/call-journal.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { CommandChannel } from '#core/calls/command-channel.ts';
import type { Reservation } from '#core/calls/live-calls.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { Log } from '#core/kernel/log.ts';
import type { McpTools } from '#agent-mind/tools/mcp-tools.ts';
import type { Carrier, CarrierEvent } from '#contracts/carrier.ts';
import { askForHuman } from '#core/desk/ask-for-human.ts';
import { guestOf } from '#core/desk/party-room.ts';
import { keepPlace, leaveLine } from '#core/desk/queue-callback.ts';
import { maySupervise } from '#core/desk/supervise-call.ts';
import type { DeskAlarm } from '#core/desk/desk-alarm.ts';
import type { DeskCore } from '#core/desk/change-desk.ts';
import { DeskReadings } from '#core/desk/desk-readings.ts';
import { CallDesk } from './desk/call-desk.ts';
import { meetParty, type MeetOptions } from './desk/meet-party.ts';
import { RoomListeners } from './desk/room-listeners.ts';
import { speakOnce } from './desk/speak-once.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { Admission } from './admission.ts';
import { NO_CARRIER, type CarrierSide } from './call-ending.ts';
import { CallLegs } from './call-legs.ts';
import type { CallSlot } from './call-slot.ts';
import { CarrierEvents, carrierSide, failureText } from './carrier-side.ts';
import type { Carriers } from './carriers.ts';
import { continuationOf, type Continuation } from './continuation.ts';
import { takeOver, type Refused } from './joining.ts';
import { NotPlaced, Placing, type Placed, type PlacingOptions } from './placing.ts';
import { PreparedCall, type PreparedOptions } from './prepared-call.ts';
import { RunningCall, type CallWatchEvent } from './running-call.ts';

export interface CallStarterOptions extends PreparedOptions {
  readonly files: FileStore;
  readonly realClock: CallClock;
  readonly carriers: Carriers;
  readonly placing: Pick<PlacingOptions, 'webhookUrl' | 'mediaUrl'>;
  readonly serverId: string;
  readonly mcp: McpTools;
  readonly commands: CommandChannel;
  readonly journal: CallJournal;
  readonly deskAlarm: DeskAlarm;
  readonly leaseMs: number;
  readonly measurements: Pick<Measurements, 'turnAnswered'>;
  readonly log: Log;
}

/** The carrier ends the ringing itself; if it has not reported that after this grace period, the call is given up. */
const RING_GRACE_MS = 15_000;
const NO_MEDIA = 'The media socket was not opened';

interface Run {
  readonly call: Call;
  readonly prepared: PreparedCall;
  readonly ownership: Ownership;
  readonly reservation: Reservation;
  readonly callClock: CallClock;
  readonly carrier: CarrierSide;
  readonly turnAway?: boolean;
  readonly continued?: Continuation | null;
}

/**
 * Turns a call on record into a running call in its slot: dials it, expects its media, or takes it over from another
 * server.
 */
export class CallStarter {
  readonly #options: CallStarterOptions;
  readonly #admission: Admission;
  readonly #desk: DeskCore;
  readonly #desks: DeskReadings;
  readonly #watch: (event: CallWatchEvent) => void;

  constructor(
    options: CallStarterOptions,
    admission: Admission,
    desk: DeskCore,
    watch: (event: CallWatchEvent) => void,
  ) {
    this.#options = options;
    this.#desk = desk;
    this.#desks = new DeskReadings(desk);
    this.#admission = admission;
    this.#watch = watch;
  }

  /** @throws NotPlaced */
  async dial(slot: CallSlot, call: Call, reservation: Reservation): Promise<void> {
    const { serverId, store, realClock, carriers, log } = this.#options;
    const ownership = { owner: serverId, epoch: call.epoch };
    const events = new CarrierEvents();
    const { prepared, placedMs, call: placed, carrier, dialled } = await this.#place(slot, call, events.tell);
    const { carrierCallId } = dialled;
    const named =
      carriers.manifestBy('id', carrier.id)?.namesCalls === true && isCallSid(carrierCallId)
        ? { sid: carrierCallId }
        : {};
    const ours = await store.calls
      .progress(call.id, ownership, { carrierCallId, placedMs, ...named })
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (ours !== true) {
      // It ended or was taken over while the carrier took it, or its id cannot be recorded.
      await carriers.hangUp(carrier.id, carrierCallId, log);
      throw ours === false ? new NotPlaced('canceled', 'canceled', 'The call was canceled') : ours;
    }
    const current = { ...placed, ...named, carrierCallId };
    const running = this.#run(slot, {
      call: current,
      prepared,
      ownership,
      reservation,
      callClock: dialled.clock ?? realClock,
      carrier: carrierSide(current, carrier, prepared.agent.transferNumber, log),
    });
    if (carrier.real)
      slot.setDeadline(
        call.ringTimeoutMs + RING_GRACE_MS,
        () => void running.fail('no-answer', 'no_answer', failureText('no-answer', '')),
      );
    events.goTo(running, () => slot.clearDeadline());
  }

  /** An inbound or web call: waits for its media socket, or receives it from a carrier in this process. */
  async expect(slot: CallSlot, call: Call, reservation: Reservation): Promise<void> {
    const { serverId, carriers, realClock } = this.#options;
    const prepared = await PreparedCall.of(call, this.#options, this.#options.mcp);
    const events = new CarrierEvents();
    const hints = prepared.script(call).phrases;
    const { from, carrierCallId } = call;
    const control = carrierCallId === null ? null : await carriers.control(call.carrier);
    const here = control?.receive?.(carrierCallId!, { from, hints, recorded: call.recorded }, events.tell) ?? null;
    const running = this.#run(slot, {
      call,
      prepared,
      ownership: { owner: serverId, epoch: call.epoch },
      reservation,
      callClock: here?.clock ?? realClock,
      carrier: await this.#sideOf(call, prepared),
      turnAway: reservation.full === true,
    });
    if (!here || control?.real) this.awaitMedia(slot, running, call.ringTimeoutMs);
    events.goTo(running, () => slot.clearDeadline());
  }

  /** Takes over a call whose media came to this server, unless its media is connected at its owner. */
  async adopt(slot: CallSlot): Promise<RunningCall | Refused> {
    const { store, clock, realClock, mcp } = this.#options;
    const taken = await takeOver(this.#options, slot.callId);
    if ('refused' in taken) return taken;
    const { call, ownership } = taken;
    // The outcome of tools that ran at the previous owner cannot be known here.
    await store.tools.lose(call.conversationId);
    const prepared = await PreparedCall.of(call, this.#options, mcp);
    const carrier = await this.#sideOf(call, prepared);
    const continued = await continuationOf(store, clock, call);
    const admitted = this.#admission.reserve();
    const hasRoom = 'reservation' in admitted;
    const reservation = hasRoom ? admitted.reservation : this.#admission.force();
    // A call in progress always continues; one that has not been answered is turned away when the server is full.
    const turnAway = !hasRoom && continued === null;
    return this.#run(slot, {
      call,
      prepared,
      ownership,
      reservation,
      callClock: realClock,
      carrier,
      turnAway,
      continued,
    });
  }

  awaitMedia(slot: CallSlot, running: RunningCall, ms: number): void {
    slot.setDeadline(ms, () => void running.fail('broken', 'no_media', NO_MEDIA));
  }

  /** Prepares a call while a carrier is asked to take it; both can be cancelled from the first moment on. */
  #place(
    slot: CallSlot,
    call: Call,
    onEvent: (event: CarrierEvent) => void,
  ): Promise<Placed & { readonly prepared: PreparedCall; readonly placedMs: number }> {
    const placing = new Placing({ ...this.#options, ...this.#options.placing }, call);
    return slot.place(placing, async () => {
      const prepared = await PreparedCall.of(call, this.#options, this.#options.mcp);
      const began = performance.now();
      const placed = await placing.place(prepared.script(call).phrases, onEvent);
      return { ...placed, prepared, placedMs: Math.round(performance.now() - began) };
    });
  }

  async #sideOf(call: Call, { agent }: PreparedCall): Promise<CarrierSide> {
    const { carriers, log } = this.#options;
    const carrier = call.carrierCallId === null ? null : await carriers.control(call.carrier);
    return carrier ? carrierSide(call, carrier, agent.transferNumber, log) : NO_CARRIER;
  }

  /** The carriers that ring the telephones of human agents: that of the call first. */
  async #carriersForAgents(call: Call): Promise<readonly Carrier[]> {
    const { carriers } = this.#options;
    const first = call.carrier === 'web' ? (await carriers.current()).id : call.carrier;
    const able: Carrier[] = [];
    for (const { id, resting } of await carriers.candidates(first)) {
      const control = resting ? null : await carriers.control(id);
      if (control) able.push(control);
    }
    return able;
  }

  #run(slot: CallSlot, { turnAway = false, continued = null, ...run }: Run): RunningCall {
    const { call, prepared, ownership, carrier } = run;
    const { store, files, journal, clock, log, carriers } = this.#options;
    const running = new RunningCall({
      ...run,
      turnAway,
      continued,
      store,
      files,
      journal,
      clock,
      log,
      measurements: this.#options.measurements,
      providers: prepared.providers(call),
      quickAnswers: this.#options.quickAnswers,
      tools: prepared.tools(call, ownership.epoch, carrier.transfer !== null, {
        ask: (reason) => askForHuman(this.#desk, call, reason),
        keepPlace: (number, at) => keepPlace(this.#desk, call, number, at),
        leave: (cause) => leaveLine(this.#desk, call, cause),
      }),
      said: (who, text) => slot.desk?.said(who, text),
      answeredBy: (who) => slot.desk?.answered(who),
      heard: (mulaw) => slot.desk?.heard(mulaw),
      onGone: (reason) => slot.ended(reason),
      watch: this.#watch,
    });
    const legs = new CallLegs({ call, ownership, legs: store.legs, bridge: running.bridge, clock, log });
    const { callClock } = run;
    const desk = new CallDesk({
      call,
      running,
      legs,
      clock: callClock,
      core: this.#desk,
      desks: this.#desks,
      phones: {
        core: { ...this.#desk, secrets: this.#options.secrets },
        carriers: () => this.#carriersForAgents(call),
        ...this.#options.placing,
      },
      hangUp: (carrier, carrierLegId) => carriers.hangUp(carrier, carrierLegId, log),
      listeners: new RoomListeners({
        may: (userId) => maySupervise(this.#desk, call.organizationId, userId),
        remove: async (userId) =>
          (await carriers.control(call.carrier))?.dismiss?.(call.carrierCallId!, guestOf(userId)),
        failed: (error) => log.warn({ err: error, call: call.sid }, 'a listener could not be removed from the room'),
      }),
      recognisers: prepared.providers(call),
      phrases: prepared.script(call).phrases,
      speak: (text) =>
        speakOnce(
          {
            chain: prepared.providers(call).textToSpeech,
            voiceId: prepared.script(call).voiceId,
            clock: callClock,
          },
          text,
        ),
      log,
    });
    const meeting: MeetOptions = {
      meet: async (room, guest, onEvent) => (await carriers.control(call.carrier))?.meet?.(room, guest, onEvent),
      connect: (party, leg) => slot.connectInTurn(() => desk.connect(party, leg)),
      failed: (error) => log.warn({ err: error, call: call.sid }, 'the room of a party could not be joined'),
    };
    slot.run(running, desk, (command) => meetParty(meeting, command));
    if (continued) void desk.takenOver();
    else desk.rings();
    return running;
  }
}
