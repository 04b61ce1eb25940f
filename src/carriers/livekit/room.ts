import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AudioStream, RemoteParticipant, RemoteTrack, Room } from '@livekit/rtc-node';
import { CarrierError, type CarrierEvent } from '#contracts/carrier.ts';
import { FRAME_MS, SAMPLE_RATE } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import type { MediaEvents } from '#engine/contracts/media.ts';
import { RoomLeg } from './room-leg.ts';
import { REPLACED_CONNECTION } from './webhooks.ts';

export interface JoinOptions {
  readonly url: string;
  readonly token: string;
  /** The identity of the one who talks with us from a browser; null: a telephone. */
  readonly guest: string | null;
  /** The room is left if the other end has not answered within this time. */
  readonly waitMs: number;
  readonly onEvent: (event: CarrierEvent) => void;
  readonly onLeft: () => void;
}

export interface JoinedRoom {
  leave(): void;
}

/** Joins a room as the AI agent. @throws CarrierError down, if it cannot be joined */
export type JoinRoom = (options: JoinOptions) => Promise<JoinedRoom>;

/**
 * The rate at which the media library hands out what it hears. At 8 kHz it would fold 4.4 kHz into the call at -11 dB
 * and 5 kHz at -16; at this rate it folds nothing below 4 kHz (-73 dB), and our resampler cuts off the rest.
 */
const HEARD_RATE = 16_000;
const NO_LIBRARY = 'the media library @livekit/rtc-node is not installed on this platform';

/** @throws CarrierError where no call could carry sound */
export function needMediaLibrary(): void {
  try {
    createRequire(import.meta.url).resolve('@livekit/rtc-node');
  } catch {
    throw new CarrierError('down', NO_LIBRARY);
  }
}

type Rtc = typeof import('@livekit/rtc-node');

/** Audio that the source holds: more than the engine sends ahead. */
const QUEUE_MS = 400;
const CONNECT_TIMEOUT_MS = 8000;
/** A connection that the library does not bring back within this time is given up. */
const RECONNECT_MS = 10_000;
/** Within this time after it removed everyone, the library says that it connects again. */
const REMOVED_MS = 500;
/** The other end hears the first words only once it has subscribed to our track; it is waited for so long. */
const SUBSCRIPTION_MS = 2000;
const STATUS = 'sip.callStatus';

let loading: Promise<Rtc> | null = null;

/** The native media library; loaded when the first room is joined. */
async function loadRtc(): Promise<Rtc> {
  try {
    quieten();
    return await (loading ??= import('@livekit/rtc-node'));
  } catch {
    loading = null;
    throw new CarrierError('down', NO_LIBRARY);
  }
}

/** The library prints each of its events; only its package-private log has a level. */
function quieten(): void {
  const require = createRequire(import.meta.url);
  const { log } = require(join(dirname(require.resolve('@livekit/rtc-node')), 'log.cjs')) as { log: { level: string } };
  log.level = 'warn';
}

export const joinRoom: JoinRoom = async (options) => joinWith(await loadRtc(), options);

/** `rtc`: the media library. */
export async function joinWith(rtc: Rtc, options: JoinOptions): Promise<JoinedRoom> {
  const call = new RoomCall(rtc, options);
  await call.join();
  return call;
}

/** One room, in which we wait for the other end, a telephone or a guest's browser, and talk to it. */
class RoomCall implements JoinedRoom {
  readonly #rtc: Rtc;
  readonly #options: JoinOptions;
  readonly #room: Room;
  #phone: RemoteParticipant | null = null;
  #leg: RoomLeg | null = null;
  #source: InstanceType<Rtc['AudioSource']> | null = null;
  #events: MediaEvents | null = null;
  /** What ended the media before the call received it. */
  #early: ((events: MediaEvents) => void) | null = null;
  #rings = false;
  #isHeard = false;
  #unheard: NodeJS.Timeout | undefined;
  #left = false;
  #late: NodeJS.Timeout | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  #absent: NodeJS.Timeout | undefined;
  readonly #streams = new Map<string, AudioStream>();

  constructor(rtc: Rtc, options: JoinOptions) {
    this.#rtc = rtc;
    this.#options = options;
    this.#room = new rtc.Room();
  }

  async join(): Promise<void> {
    const { url, token, waitMs } = this.#options;
    const { AudioSource, LocalAudioTrack, TrackPublishOptions, TrackSource } = this.#rtc;
    this.#listen();
    try {
      await inTime(this.#room.connect(url, token, { autoSubscribe: true, dynacast: false }));
      this.#source = new AudioSource(SAMPLE_RATE, 1, QUEUE_MS);
      const track = LocalAudioTrack.createAudioTrack('agent', this.#source);
      const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
      const publication = await inTime(this.#room.localParticipant!.publishTrack(track, options));
      void publication.waitForSubscription().then(() => this.#heard());
    } catch (error) {
      this.leave();
      throw new CarrierError(
        'down',
        `its room cannot be joined: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
    this.#late = setTimeout(() => {
      if (!this.#leg)
        this.#fail('no-answer', this.#phone ? 'the telephone was not picked up' : 'no telephone came into the room');
    }, waitMs);
    this.#late.unref();
    for (const participant of this.#room.remoteParticipants.values()) this.#see(participant);
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#late);
    clearTimeout(this.#reconnecting);
    clearTimeout(this.#absent);
    clearTimeout(this.#unheard);
    this.#leg?.close();
    for (const stream of this.#streams.values()) void stream.cancel().catch(() => undefined);
    this.#streams.clear();
    void this.#room
      .disconnect()
      .then(() => this.#source?.close())
      .catch(() => undefined);
    this.#options.onLeft();
  }

  #listen(): void {
    const room = this.#room;
    const seen = (participant: RemoteParticipant) => this.#see(participant);
    room.on('participantConnected', seen);
    room.on('participantAttributesChanged', (_changed, participant) => {
      const remote = room.remoteParticipants.get(participant.identity);
      if (remote) this.#see(remote);
    });
    room.on('participantDisconnected', (participant) => {
      if (participant.identity === this.#phone?.identity) this.#phoneLeft(participant);
    });
    room.on('trackSubscribed', (track, _publication, participant) => {
      if (this.#isPhone(participant) && track.kind === this.#rtc.TrackKind.KIND_AUDIO) void this.#hear(track);
    });
    room.on('trackUnsubscribed', (track) => {
      const sid = track.sid ?? '';
      void this.#streams
        .get(sid)
        ?.cancel()
        .catch(() => undefined);
      this.#streams.delete(sid);
    });
    room.on('dtmfReceived', (_code, digit, participant) => {
      if (this.#isPhone(participant)) this.#events?.dtmf(digit);
    });
    room.on('reconnecting', () => {
      const { UNKNOWN_REASON } = this.#rtc.DisconnectReason;
      this.#reconnecting ??= setTimeout(() => this.#disconnected(UNKNOWN_REASON), RECONNECT_MS);
    });
    room.on('reconnected', () => {
      clearTimeout(this.#reconnecting);
      this.#reconnecting = undefined;
      if (this.#leg) this.#lookAgain();
    });
    room.on('disconnected', (reason) => this.#disconnected(reason));
  }

  #isPhone = ({ kind, identity }: RemoteParticipant): boolean => {
    const { guest } = this.#options;
    if (guest !== null) return identity === guest;
    return kind === this.#rtc.ParticipantKind.SIP && (this.#phone === null || this.#phone.identity === identity);
  };

  #see(participant: RemoteParticipant): void {
    if (this.#left || !this.#isPhone(participant)) return;
    this.#phone = participant;
    const status = participant.attributes[STATUS];
    if (status === 'dialing' || status === 'hangup') return;
    if (status === 'ringing') {
      if (!this.#rings) this.#options.onEvent({ type: 'ringing' });
      this.#rings = true;
      return;
    }
    if (this.#isHeard) return this.#answered();
    this.#unheard ??= setTimeout(() => this.#answered(), SUBSCRIPTION_MS);
  }

  #heard(): void {
    this.#isHeard = true;
    if (this.#unheard && !this.#left) this.#answered();
  }

  #answered(): void {
    clearTimeout(this.#unheard);
    if (this.#leg) return;
    const { AudioFrame } = this.#rtc;
    const leg = (this.#leg = new RoomLeg({
      room: this.#room,
      source: this.#source!,
      frameOf: (pcm) => new AudioFrame(pcm, SAMPLE_RATE, 1, pcm.length),
      onMark: (name) => this.#events?.mark(name),
      onClose: () => this.leave(),
    }));
    this.#options.onEvent({
      type: 'answered',
      leg,
      connect: (events) => {
        this.#events = events;
        this.#early?.(events);
      },
    });
  }

  async #hear(track: RemoteTrack): Promise<void> {
    const stream = new this.#rtc.AudioStream(track, { sampleRate: HEARD_RATE, numChannels: 1, frameSizeMs: FRAME_MS });
    const down = new Resampler(HEARD_RATE, SAMPLE_RATE);
    this.#streams.set(track.sid ?? '', stream);
    try {
      for await (const { data } of stream) {
        if (this.#left) return;
        this.#events?.audio(encodeMulaw(down.process(data)));
      }
    } catch {
      // The stream was cancelled.
    }
  }

  #phoneLeft({ disconnectReason: reason }: RemoteParticipant): void {
    const { DisconnectReason } = this.#rtc;
    const isReplaced = REPLACED_CONNECTION.some((one) => DisconnectReason[one] === reason);
    // Before it connects again, the library removes everyone, and gives no reason.
    if (this.#leg) return reason && !isReplaced ? this.#gone() : this.#lookAgain();
    if (isReplaced) return;
    if (reason === DisconnectReason.USER_REJECTED) return this.#fail('busy', 'busy');
    if (reason === DisconnectReason.USER_UNAVAILABLE) return this.#fail('no-answer', 'no answer');
    if (reason === DisconnectReason.SIP_TRUNK_FAILURE) return this.#fail('refused', 'the SIP trunk failed');
    return this.#fail('canceled', 'the telephone left the room');
  }

  /** A page that is loaded again leaves as one that is closed: a guest may come back. */
  #gone(): void {
    const { guest } = this.#options;
    this.#over((events) => (guest === null ? events.hungUp() : events.lost()));
  }

  /** The other end may be back soon, unless it has hung up. */
  #lookAgain(): void {
    clearTimeout(this.#absent);
    this.#absent = setTimeout(() => {
      if (this.#reconnecting || this.#room.remoteParticipants.has(this.#phone!.identity)) return;
      this.#gone();
    }, REMOVED_MS);
    this.#absent.unref();
  }

  #disconnected(reason: number): void {
    if (this.#left) return;
    clearTimeout(this.#reconnecting);
    clearTimeout(this.#absent);
    const { DisconnectReason } = this.#rtc;
    const isOver = [
      DisconnectReason.ROOM_DELETED,
      DisconnectReason.ROOM_CLOSED,
      DisconnectReason.PARTICIPANT_REMOVED,
    ].includes(reason);
    if (!this.#leg) return this.#fail('refused', 'the connection to the room was lost');
    this.#over((events) => (isOver ? events.hungUp() : events.lost()));
  }

  #over(tell: (events: MediaEvents) => void): void {
    const events = this.#events;
    if (events) tell(events);
    else this.#early ??= tell;
    // A guest who comes back is invited to another room.
    if (this.#options.guest !== null) this.leave();
  }

  #fail(outcome: 'busy' | 'no-answer' | 'canceled' | 'refused', reason: string): void {
    if (this.#left) return;
    this.leave();
    this.#options.onEvent({ type: 'failed', outcome, reason });
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it did not answer in time')), CONNECT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
