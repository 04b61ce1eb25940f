import type { CallCommand } from '#core/calls/live-calls.ts';
import type { CallDesk } from './desk/call-desk.ts';
import type { Placing } from './placing.ts';
import type { RunningCall } from './running-call.ts';

type Meet = (command: Extract<CallCommand, { type: 'room' }>) => void;

export type SlotPhase = 'idle' | 'preparing' | 'placing' | 'running';

/**
 * What this process holds of one call, from the moment it is assigned until it has ended: its start, the request to the
 * carrier, the running call with its legs, its one deadline and what waits for its end.
 */
export class CallSlot {
  readonly callId: number;
  readonly #onIdle: () => void;
  readonly #onEnded: (() => void)[] = [];
  #starting: Promise<void> | null = null;
  #placing: Placing | null = null;
  #running: RunningCall | null = null;
  #desk: CallDesk | null = null;
  #meet: Meet | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #connections: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(callId: number, onIdle: () => void) {
    this.callId = callId;
    this.#onIdle = onIdle;
  }

  get phase(): SlotPhase {
    if (this.#running) return 'running';
    if (this.#placing) return 'placing';
    return this.#starting ? 'preparing' : 'idle';
  }

  get running(): RunningCall | null {
    return this.#running;
  }

  /** The human agents and supervisors of the running call. */
  get desk(): CallDesk | null {
    return this.#desk;
  }

  /** A command to the running call; nothing if it does not run. */
  command(command: CallCommand): void {
    if (command.type === 'room') this.#meet?.(command);
    else if (command.type === 'desk' || command.type === 'leg' || command.type === 'listener')
      this.#desk?.command(command);
    else this.#running?.command(command);
  }

  get placing(): Placing | null {
    return this.#placing;
  }

  /** Settles when the call runs, or could not be started. Null when no start is under way. Never rejects. */
  get starting(): Promise<void> | null {
    return this.#starting;
  }

  /** Starts the call; `begin` must not reject. @throws Error on a second start */
  start(begin: () => Promise<void>): Promise<void> {
    if (this.#starting || this.#running) throw new Error(`Call ${this.callId} has been started already`);
    const started = begin().finally(() => {
      this.#starting = null;
      this.#release();
    });
    this.#starting = started;
    return started;
  }

  /** Holds `placing` while a carrier is asked to take the call, so that the request can be cancelled. */
  async place<T>(placing: Placing, work: () => Promise<T>): Promise<T> {
    this.#placing = placing;
    try {
      return await work();
    } finally {
      this.#placing = null;
      this.#release();
    }
  }

  /** `meet`: waits for a party that was invited to a room. */
  run(running: RunningCall, desk: CallDesk, meet: Meet | null = null): void {
    this.#running = running;
    this.#desk = desk;
    this.#meet = meet;
  }

  /** The running call has ended here; `cause` is null if another server has it. */
  ended(cause: string | null): void {
    this.#running = null;
    this.#desk?.close(cause);
    this.#desk = null;
    this.#meet = null;
    this.clearDeadline();
    for (const notify of this.#onEnded.splice(0)) notify();
    this.#release();
  }

  /** Calls `notify` when the running call has ended. */
  whenEnded(notify: () => void): void {
    this.#onEnded.push(notify);
  }

  /** Something must have happened to the call within `ms`; another deadline replaces this one. */
  setDeadline(ms: number, expired: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(expired, ms);
  }

  clearDeadline(): void {
    clearTimeout(this.#deadline);
  }

  /** Runs one connection attempt after another, so that of several sockets the first one connects. */
  connectInTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const done = this.#connections.then(work).finally(() => {
      this.#waiting -= 1;
      this.#release();
    });
    this.#connections = done.catch(() => undefined);
    return done;
  }

  #release(): void {
    if (this.phase === 'idle' && this.#waiting === 0) this.#onIdle();
  }
}

/** The slots of one process. A slot exists while its call is started, placed, run or connected. */
export class CallSlots {
  readonly #slots = new Map<number, CallSlot>();

  find(callId: number): CallSlot | null {
    return this.#slots.get(callId) ?? null;
  }

  open(callId: number): CallSlot {
    const known = this.#slots.get(callId);
    if (known) return known;
    const slot: CallSlot = new CallSlot(callId, () => {
      if (this.#slots.get(callId) === slot) this.#slots.delete(callId);
    });
    this.#slots.set(callId, slot);
    return slot;
  }

  running(): RunningCall[] {
    return this.all().flatMap((slot) => slot.running ?? []);
  }

  get runningCount(): number {
    let count = 0;
    for (const slot of this.#slots.values()) if (slot.running) count += 1;
    return count;
  }

  all(): CallSlot[] {
    return [...this.#slots.values()];
  }
}
