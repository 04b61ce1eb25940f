import { AppError, logFailure } from '#core/kernel/errors.ts';
import { isEnded, type Call } from '#core/calls/call.ts';
import type { CallCommand, CommandAcknowledgement, LiveCalls, LiveView, Reservation } from '#core/calls/live-calls.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { Store } from '#core/records.ts';
import type { CommandChannel } from '#core/calls/command-channel.ts';
import type { MediaServer } from '#core/calls/media-server-store.ts';
import type { Log } from '#core/kernel/log.ts';

const LOOK_MS = 500;
/** A media server without an announcement for this long is considered dead. */
export const SERVER_TIMEOUT_MS = 5000;
const ANSWER_MS = 5000;
const LOOK_AGAIN_MS = 50;

interface Elsewhere {
  readonly store: Store;
  readonly commands: CommandChannel;
}

/**
 * Sends a command to a call that another server runs. An end is acknowledged when it is stored. @throws AppError
 * unavailable if that server does not answer
 */
export async function sendElsewhere(
  { store, commands }: Elsewhere,
  owner: string,
  callId: number,
  command: CallCommand,
): Promise<CommandAcknowledgement> {
  const taken = await commands.send(owner, callId, command);
  if (command.type === 'end') return taken ? untilEnded({ store }, callId) : 'not-running';
  if (!taken) throw noAnswer();
  return 'done';
}

const noAnswer = () =>
  new AppError('unavailable', 'The server that runs this call does not answer. Try again in a moment.');

async function untilEnded({ store }: Pick<Elsewhere, 'store'>, callId: number): Promise<CommandAcknowledgement> {
  for (
    const until = performance.now() + ANSWER_MS;
    performance.now() < until;
    await new Promise((again) => setTimeout(again, LOOK_AGAIN_MS))
  ) {
    const now = await store.calls.byId(callId);
    if (!now || isEnded(now.status)) return 'done';
  }
  return 'not-running';
}

/** Passes a carrier's signal to the server that runs the call. An end is acknowledged when it is stored. */
export async function tellElsewhere(
  elsewhere: Elsewhere,
  owner: string,
  callId: number,
  signal: CarrierSignal,
  carrierCallId: string,
): Promise<CommandAcknowledgement> {
  if (!(await elsewhere.commands.send(owner, callId, { type: 'carrier', signal, carrierCallId }))) {
    // The end of a call is stored even when its server does not answer.
    if (signal.type === 'ended') return 'not-running';
    throw noAnswer();
  }
  return signal.type === 'ended' ? untilEnded(elsewhere, callId) : 'done';
}

export async function viewElsewhere(
  { store, commands }: Elsewhere,
  callId: number,
  notOn: string | null,
): Promise<LiveView | null> {
  const call = await store.calls.byId(callId);
  return !call || call.owner === null || call.owner === notOn || isEnded(call.status)
    ? null
    : commands.view(call.owner, callId);
}

/** The calls of all media servers, for a server that carries none itself. */
export class RemoteLiveCalls implements LiveCalls {
  readonly #options: Elsewhere & { readonly log: Log };
  readonly #timer: NodeJS.Timeout;
  #servers: readonly MediaServer[] = [];
  /** Slots assigned since the servers last announced their free slots. */
  #assignedSlots = new Map<string, number>();
  #seenAt: Date | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: Elsewhere & { readonly log: Log }) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#looking = this.refresh();
    }, LOOK_MS);
  }

  get count(): number {
    return this.#servers.reduce((sum, one) => sum + one.running, 0);
  }

  /** Reads the list of media servers. */
  async refresh(): Promise<void> {
    try {
      this.#servers = await this.#options.store.mediaServers.list(SERVER_TIMEOUT_MS);
      this.#seenAt = this.#servers.length > 0 ? new Date() : null;
      this.#assignedSlots = new Map();
    } catch (error) {
      logFailure(this.#options.log, error, 'the list of media servers could not be read');
    }
  }

  /** Media servers announce their free slots, but not how busy they are. */
  reserveWhenQuiet(): Promise<{ reservation: Reservation } | { refused: string }> {
    return Promise.resolve(this.reserve());
  }

  reserve(): { reservation: Reservation } | { refused: string } {
    const roomOf = (one: MediaServer) => one.free - (this.#assignedSlots.get(one.id) ?? 0);
    const best = this.#servers.toSorted((a, b) => roomOf(b) - roomOf(a))[0];
    if (!best) return { refused: 'No media server is up' };
    if (roomOf(best) <= 0) return { refused: 'All call slots of all media servers are taken' };
    const add = (n: number) => this.#assignedSlots.set(best.id, (this.#assignedSlots.get(best.id) ?? 0) + n);
    add(1);
    let given = false;
    return {
      reservation: {
        serverId: best.id,
        give: () => {
          if (!given) add(-1);
          given = true;
        },
      },
    };
  }

  /** The media server with the most room, even if full: that server then turns the caller away. */
  mustReserve(): { reservation: Reservation } {
    const admitted = this.reserve();
    if ('reservation' in admitted) return admitted;
    const best = this.#servers.toSorted((a, b) => a.running - b.running)[0];
    if (!best) throw new AppError('unavailable', admitted.refused);
    return { reservation: { serverId: best.id, full: true, give: () => undefined } };
  }

  async dial(call: Call, reservation: Reservation): Promise<void> {
    this.#hand(call, reservation, 'dial');
    const { store } = this.#options;
    for (
      const until = performance.now() + ANSWER_MS;
      performance.now() < until;
      await new Promise((again) => setTimeout(again, LOOK_AGAIN_MS))
    ) {
      // The call is on record: it is dialled, whether or not the records can be read now.
      const now = await store.calls.byId(call.id).catch(() => call);
      if (!now || now.status !== 'placed' || now.carrierCallId !== null) return;
    }
  }

  async tell(call: Call, signal: CarrierSignal, carrierCallId: string): Promise<CommandAcknowledgement> {
    if (isEnded(call.status)) {
      // A dial that was given up was accepted after all: any media server can hang it up.
      const [any] = this.#servers;
      if (call.carrierCallId === null && signal.type !== 'ended' && any)
        await this.#options.commands.send(any.id, call.id, { type: 'carrier', signal, carrierCallId });
      return 'not-running';
    }
    return call.owner === null
      ? 'not-running'
      : tellElsewhere(this.#options, call.owner, call.id, signal, carrierCallId);
  }

  expect(call: Call, reservation: Reservation): void {
    this.#hand(call, reservation, 'expect');
  }

  async send(callId: number, command: CallCommand): Promise<CommandAcknowledgement> {
    const call = await this.#options.store.calls.byId(callId);
    if (!call || isEnded(call.status) || call.owner === null) return 'not-running';
    return sendElsewhere(this.#options, call.owner, callId, command);
  }

  view(callId: number): Promise<LiveView | null> {
    return viewElsewhere(this.#options, callId, null);
  }

  lastSeen(): Date | null {
    return this.#seenAt;
  }

  mediaUrl(serverId: string | null): string | null {
    return this.#servers.find((one) => one.id === serverId)?.url ?? null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** The notification may be lost: the owner polls for calls assigned to it, and calls of a dead owner are ended. */
  #hand(call: Call, { serverId }: Reservation, type: 'dial' | 'expect'): void {
    this.#options.commands
      .send(serverId, call.id, { type })
      .catch((error: unknown) =>
        this.#options.log.error({ err: error, call: call.sid }, 'the media server could not be notified of a call'),
      );
  }
}
