import { randomUUID } from 'node:crypto';
import type { ParticipantInfo } from 'livekit-server-sdk';
import { type Carrier, type CarrierEvent, CarrierError, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import type { CarrierSettings, RoomAccess } from '#contracts/carrier-manifest.ts';
import type { CarrierRoom } from '#core/kernel/carrier-room.ts';
import { unlessGone } from '../kit/http-errors.ts';
import { recordsCalls } from '../kit/recording.ts';
import { joinRoom, type JoinedRoom, type JoinRoom } from './room.ts';
import { isGone, type ServerApi } from './server-api.ts';
import { roomToken } from './tokens.ts';
import { callSidOf } from './webhooks.ts';

const PHONE = 'phone';
/** Between the guest and the rest in the identity of one who listens. */
const LISTENS = '-listens-';
const LONGEST_RING_S = 80;
/** The value of `ParticipantInfo.kind` of a telephone; the SDK that exports the enum is loaded lazily. */
const KIND_SIP = 3;
/** A room without a telephone is left this long after the ringing must be over. */
const LEAVE_AFTER_RING_MS = 60_000;
const INBOUND_WAIT_MS = 30_000;
const GUEST_WAIT_MS = 60_000;
const CLOSE_AFTER_TRANSFER_MS = 2000;

/**
 * Call control over the server's API. The room of a call is its bridge and its id: the AI agent joins as a participant,
 * then the telephone is dialled into the room. @see https://docs.livekit.io/sip/
 */
export class LiveKitControl implements Carrier {
  readonly id = 'livekit';
  readonly real = true;
  readonly #settings: CarrierSettings;
  readonly #api: ServerApi;
  readonly #join: JoinRoom;
  readonly #joined = new Map<string, JoinedRoom>();

  constructor(settings: CarrierSettings, api: ServerApi, join: JoinRoom = joinRoom) {
    this.#settings = settings;
    this.#api = api;
    this.#join = join;
  }

  async dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<Dialled> {
    const trunkId = this.#settings['sip_trunk_id'];
    if (trunkId === undefined)
      throw new CarrierError('refused', 'no outbound SIP trunk is set: set LIVEKIT_SIP_TRUNK_ID');
    const room = request.callSid;
    const from = request.from ?? this.#settings['phone_number'];
    const events = this.#recording(room, request.recorded, onEvent);
    const joined = await this.#joinRoom(room, null, events, request.ringTimeoutMs + LEAVE_AFTER_RING_MS);
    try {
      await this.#api.ask(({ sip }) =>
        sip.createSipParticipant(trunkId, request.to, room, {
          participantIdentity: PHONE,
          ...(from === undefined ? {} : { fromNumber: from }),
          ringingTimeout: Math.min(LONGEST_RING_S, Math.max(1, Math.round(request.ringTimeoutMs / 1000))),
          waitUntilAnswered: false,
        }),
      );
    } catch (error) {
      // With an unknown outcome the telephone may still come.
      if (!(error instanceof CarrierError && error.kind === 'unknown')) joined.leave();
      throw error;
    }
    return { carrierCallId: room, clock: null };
  }

  async find({ callSid }: DialRequest): Promise<{ carrierCallId: string } | 'none'> {
    return (await this.#phoneIn(callSid)) === null ? 'none' : { carrierCallId: callSid };
  }

  /** A telephone is in the room already; the AI agent joins it. */
  receive(room: string, { recorded }: Pick<DialRequest, 'recorded'>, onEvent: (event: CarrierEvent) => void): Dialled {
    this.#joinRoom(room, null, this.#recording(room, recorded, onEvent), INBOUND_WAIT_MS).catch((error: unknown) =>
      onEvent({ type: 'failed', outcome: 'refused', reason: error instanceof Error ? error.message : 'no answer' }),
    );
    return { carrierCallId: room, clock: null };
  }

  async hangUp(room: string): Promise<void> {
    this.#joined.get(room)?.leave();
    await unlessGone(
      this.#api.ask(({ rooms }) => rooms.deleteRoom(room)),
      isGone,
    );
  }

  async transfer(room: string, to: string): Promise<void> {
    const identity = await this.#phoneIn(room);
    if (identity === null) throw new CarrierError('refused', 'the telephone has left the room');
    await this.#api.ask(({ sip }) => sip.transferSipParticipant(room, identity, `tel:${to}`, { playDialtone: true }));
    // Listening supervisors would stay in the room. The server gives the other end a second to end its old connection.
    setTimeout(() => void this.hangUp(room).catch(() => undefined), CLOSE_AFTER_TRANSFER_MS).unref();
  }

  async meet(room: string, guest: string, onEvent: (event: CarrierEvent) => void): Promise<void> {
    await this.#joinRoom(room, guest, onEvent, GUEST_WAIT_MS);
  }

  async invite(room: string, guest: string): Promise<RoomAccess> {
    return { url: this.#api.joinUrl, room, token: await roomToken(this.#settings, room, guest, 'talk') };
  }

  /** Each token has a name of its own, so that one user can listen in two windows. */
  async listen(room: string, guest: string): Promise<RoomAccess> {
    const token = await roomToken(this.#settings, room, `${guest}${LISTENS}${randomUUID()}`, 'listen');
    return { url: this.#api.joinUrl, room, token };
  }

  async dismiss(room: string, guest: string): Promise<void> {
    for (const { identity } of await this.#participants(room))
      if (identity.startsWith(guest + LISTENS))
        await unlessGone(
          this.#api.ask(({ rooms }) => rooms.removeParticipant(room, identity)),
          isGone,
        );
  }

  async rooms(): Promise<readonly CarrierRoom[]> {
    const rooms = await this.#api.ask((clients) => clients.rooms.listRooms());
    return rooms.map(({ name, creationTime }) => ({
      name,
      callSid: callSidOf(name),
      createdAt: new Date(Number(creationTime) * 1000),
    }));
  }

  async check(): Promise<void> {
    await this.#api.ask(({ rooms }) => rooms.listRooms(['connection-test']));
  }

  /** From the answer on, the egress of the server records the room beside us; its failure leaves our recording. */
  #recording(room: string, recorded: boolean, onEvent: (event: CarrierEvent) => void): (event: CarrierEvent) => void {
    if (!recorded || !recordsCalls(this.#settings)) return onEvent;
    return (event) => {
      if (event.type === 'answered') void this.#record(room).catch(() => undefined);
      onEvent(event);
    };
  }

  /** Where the file is kept is set in the egress service. */
  async #record(room: string): Promise<void> {
    const { EncodedFileOutput, EncodedFileType } = await import('livekit-server-sdk');
    const file = new EncodedFileOutput({ fileType: EncodedFileType.OGG, filepath: `${room}-{time}` });
    await this.#api.ask(({ egress }) => egress.startRoomCompositeEgress(room, file, { audioOnly: true }));
  }

  /** The identity of the telephone in a room. */
  async #phoneIn(room: string): Promise<string | null> {
    const all = await this.#participants(room);
    return all.find(({ kind }) => (kind as number) === KIND_SIP)?.identity ?? null;
  }

  #participants(room: string): Promise<ParticipantInfo[]> {
    return this.#api
      .ask(({ rooms }) => rooms.listParticipants(room))
      .catch((error: unknown) => (isGone(error) ? [] : Promise.reject(error as Error)));
  }

  async #joinRoom(
    room: string,
    guest: string | null,
    onEvent: (event: CarrierEvent) => void,
    waitMs: number,
  ): Promise<JoinedRoom> {
    let joined: JoinedRoom | null = null;
    let isLeft = false;
    joined = await this.#join({
      url: this.#api.joinUrl,
      token: await roomToken(this.#settings, room, 'agent', 'agent'),
      guest,
      waitMs,
      onEvent,
      onLeft: () => {
        isLeft = true;
        if (joined && this.#joined.get(room) === joined) this.#joined.delete(room);
        // The guest is not left alone in it.
        if (guest !== null) void this.hangUp(room).catch(() => undefined);
      },
    });
    if (!isLeft) this.#joined.set(room, joined);
    return joined;
  }
}
