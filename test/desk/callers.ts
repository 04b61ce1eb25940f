import type { DeskEvent } from '#core/desk/desk-event.ts';
import type { MadeUpDesk } from './made-up-desk.ts';

/** After this the calls of a server that was killed are ended. */
const LEASE_MS = 12_000;

/**
 * Where each caller is, as the telephone side has it: kept apart from the desk. Each call runs on one of two servers,
 * and what a server sends to the desk may be under way while other events come first.
 */
export class Callers {
  /** Calls that run, or whose server was killed and whose lease has not ended. */
  readonly live = new Set<number>();
  readonly #desk: MadeUpDesk;
  readonly #numbers: number[];
  readonly #servers = new Map<number, number>();
  /** When the lease of a call ends whose server was killed. */
  readonly #leases = new Map<number, number>();
  #underWay: { readonly server: number; readonly event: DeskEvent }[] = [];
  #next: number;

  constructor(desk: MadeUpDesk, count: number) {
    this.#desk = desk;
    this.#numbers = Array.from({ length: count }, (_, index) => index);
    this.#next = count;
  }

  /** The call of a caller; one who has hung up calls again under another id. */
  at(index: number): number {
    const id = this.#numbers[index]!;
    this.live.add(id);
    if (!this.#servers.has(id)) this.#servers.set(id, id % 2);
    return id;
  }

  hangUp(index: number): void {
    this.live.delete(this.#numbers[index]!);
    this.#numbers[index] = this.#next++;
  }

  send(server: number, event: DeskEvent): void {
    this.#underWay.push({ server, event });
  }

  /** The event that arrives next: not always the one that was sent first. */
  arrived(pick: number): DeskEvent | null {
    const [sent] = this.#underWay.splice(pick % Math.max(1, this.#underWay.length), 1);
    return sent?.event ?? null;
  }

  /** What the server had sent is lost. The other one takes some of its calls over; the others end with their lease. */
  kill(server: number, takesOver: (callId: number) => boolean): void {
    this.#underWay = this.#underWay.filter((one) => one.server !== server);
    for (const [callId, on] of this.#servers) {
      if (on !== server || !this.live.has(callId) || this.#leases.has(callId)) continue;
      this.#servers.set(callId, 1 - server);
      if (takesOver(callId)) continue;
      this.#leases.set(callId, this.#desk.nowMs + LEASE_MS);
      const index = this.#numbers.indexOf(callId);
      if (index >= 0) this.#numbers[index] = this.#next++;
    }
  }

  /** Lets time pass on the desk; leases end at their time. */
  pass(ms: number): void {
    const untilMs = this.#desk.nowMs + ms;
    for (const [callId, endMs] of [...this.#leases].toSorted((a, b) => a[1] - b[1])) {
      if (endMs > untilMs) break;
      this.#desk.pass(endMs - this.#desk.nowMs);
      this.#leases.delete(callId);
      this.#end(callId);
    }
    this.#desk.pass(untilMs - this.#desk.nowMs);
  }

  /** Ends what an event that came late has begun for a caller who has gone, as every server does once a second. */
  sweep(): void {
    for (const { callId, state } of this.#desk.desk.entries)
      if ((state === 'waiting' || state === 'connected') && !this.live.has(callId)) this.#end(callId);
  }

  #end(callId: number): void {
    this.live.delete(callId);
    this.#desk.do({ type: 'call-ended', callId, cause: 'server_died' });
  }
}
