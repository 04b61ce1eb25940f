import type { Call } from '#core/calls/call.ts';
import type { DeskCore } from '#core/desk/change-desk.ts';
import type { DeskReadings } from '#core/desk/desk-readings.ts';
import { isOnDutyFor } from '#core/desk/desk.ts';
import { isOpen, type Offer } from '#core/desk/offer.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { DESK_PHRASES, overflowWords } from './phrases.ts';

export interface WaitNewsOptions {
  readonly call: Call;
  readonly core: DeskCore;
  readonly desks: DeskReadings;
  readonly say: (text: string) => void;
  readonly humanTalks: () => boolean;
  readonly isClosed: () => boolean;
}

/** An entry that ended so long ago was announced by the server that had the call then. */
const OLD_MS = 30_000;

/** What the caller hears of their wait for a human agent, each thing once. */
export class WaitNews {
  readonly #options: WaitNewsOptions;
  /** Ended entries that the caller knows of. */
  readonly #announced = new Set<number>();
  readonly #exitsOffered = new Set<number>();
  /** Entries for which an agent was on duty since they began. */
  readonly #staffed = new Set<number>();

  constructor(options: WaitNewsOptions) {
    this.#options = options;
  }

  /** True the first time. */
  isNew({ id }: QueueEntry): boolean {
    const isNew = !this.#announced.has(id);
    this.#announced.add(id);
    return isNew;
  }

  /** Another server had the call until now. */
  takenOver(entries: readonly QueueEntry[]): void {
    const before = this.#options.core.clock.now().getTime() - OLD_MS;
    for (const entry of entries) if (entry.endedAt && entry.endedAt.getTime() < before) this.isNew(entry);
  }

  /** A wait, or a transfer, that has ended without a human agent. */
  async ended(entry: QueueEntry): Promise<void> {
    const overflow = await this.#overflowOf(entry);
    // The caller has ended these waits, or another one has begun.
    if (overflow === null && ['caller_gone', 'callback', 'returned_to_ai'].includes(entry.outcome!)) return;
    if (!this.#options.humanTalks()) this.#options.say(overflow ?? DESK_PHRASES.notReached);
  }

  /** Once no agent is asked, or the last one on duty has left, the caller hears how the wait can end. */
  async offerExits(entry: QueueEntry, offers: readonly Offer[]): Promise<void> {
    const { core, call, desks, isClosed, humanTalks, say } = this.#options;
    // Who talks with a human agent hears from them that another one cannot be had.
    if (humanTalks()) return;
    const own = offers.filter(({ entryId }) => entryId === entry.id);
    if (this.#exitsOffered.has(entry.id) || own.some(isOpen)) return;
    const desk = await desks.read(call.organizationId);
    const isStaffed = desk.agents.some((agent) => isOnDutyFor(desk, agent, entry, core.clock.now()));
    if (isStaffed) this.#staffed.add(entry.id);
    // A wait could be estimated because an agent was on duty when it began.
    const allLeft = !isStaffed && (this.#staffed.has(entry.id) || entry.estimateMs !== null);
    if (!(own.length > 0 || allLeft) || !(await this.#isPassedOver(entry)) || isClosed()) return;
    this.#exitsOffered.add(entry.id);
    say(DESK_PHRASES.exits);
  }

  /** Whether the entry waits, and no agent is asked, at this moment. */
  async #isPassedOver({ id }: QueueEntry): Promise<boolean> {
    const { core, call } = this.#options;
    const { entries, offers } = await core.store.desk.ofCall(call.id);
    const isAsked = offers.some((offer) => offer.entryId === id && isOpen(offer));
    return !isAsked && entries.some((one) => one.id === id && one.state === 'waiting');
  }

  /** Words for a caller who has waited to a limit. One who could not join the line knows already. */
  async #overflowOf(entry: QueueEntry): Promise<string | null> {
    const { core, call } = this.#options;
    if (entry.endedAt?.getTime() === entry.enteredAt.getTime()) return null;
    const { timeZone } = (await core.store.organizations.get(call.organizationId))!;
    return overflowWords(entry, timeZone, core.clock.now());
  }
}
