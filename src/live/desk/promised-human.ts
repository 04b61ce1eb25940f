import type { Call } from '#core/calls/call.ts';
import { ABANDONED } from '#core/calls/end-reasons.ts';
import type { DeskChange, DeskCore } from '#core/desk/change-desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { isOpen } from '#core/desk/offer.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { CallAtDesk } from './call-desk-options.ts';
import { noAgentFree } from './phrases.ts';

/**
 * After a greeting a person is waited for until the engine is sure that it is one, at most 1.2 s; with this, the
 * message begins within two seconds.
 */
const GRACE_MS = 500;

export interface PromisedHumanOptions {
  readonly call: Call;
  readonly core: Pick<DeskCore, 'store'>;
  readonly running: Pick<CallAtDesk, 'standAside' | 'endWith'>;
  readonly clock: CallClock;
  readonly change: (event: DeskEvent) => Promise<DeskChange>;
  readonly failed: (error: unknown) => void;
}

/**
 * A dial of a campaign that promises a human agent. The desk is asked while the telephone rings, so that an agent is on
 * the line when the person answers. Where none is, the person hears at once who called and how to call back; the call
 * is abandoned.
 */
export class PromisedHuman {
  readonly #options: PromisedHumanOptions;
  readonly #onLine = Promise.withResolvers<void>();
  #isOnLine = false;
  #isOver = false;
  #asked: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(options: PromisedHumanOptions) {
    this.#options = options;
  }

  /** Settles once a person, and no machine, has answered. */
  get personOnLine(): Promise<void> {
    return this.#onLine.promise;
  }

  /** The telephone rings: the desk offers the call to a free agent. */
  rings(): void {
    const { call } = this.#options;
    this.#asked = this.#do({
      type: 'enter',
      entry: {
        callId: call.id,
        skills: [],
        priority: 0,
        targetId: null,
        transferType: 'warm',
        requestedBy: 'campaign',
        reason: null,
        limits: null,
      },
    });
  }

  answered(who: 'human' | 'machine'): void {
    const { call, clock, running } = this.#options;
    if (this.#isOnLine) return;
    if (who === 'machine')
      return void this.#asked.then(() =>
        this.#do({ type: 'leave-line', callId: call.id, outcome: 'returned_to_ai', cause: 'voicemail' }),
      );
    this.#isOnLine = true;
    running.standAside();
    this.#onLine.resolve();
    this.#cancel = clock.at(clock.nowMs() + GRACE_MS, () => void this.#giveUp());
    void this.#giveUpIfNoAgentIsAsked();
  }

  close(): void {
    this.#isOver = true;
    this.#cancel();
  }

  async #giveUpIfNoAgentIsAsked(): Promise<void> {
    const { call, core, failed } = this.#options;
    try {
      await this.#asked;
      const { entries, offers } = await core.store.desk.ofCall(call.id);
      if (!entries.some(({ state }) => state === 'connected') && !offers.some(isOpen)) await this.#giveUp();
    } catch (error) {
      failed(error);
    }
  }

  /** Without the records of the desk no agent can take the call either. */
  async #giveUp(): Promise<void> {
    if (this.#isOver) return;
    this.close();
    const { call, core, change, running, failed } = this.#options;
    let name: string | null = null;
    let isServed = false;
    try {
      await this.#asked;
      name = (await core.store.organizations.get(call.organizationId))?.name ?? null;
      const { after } = await change({ type: 'leave-line', callId: call.id, outcome: 'failed', cause: ABANDONED });
      isServed = after.entries.some((one) => one.callId === call.id && one.state === 'connected');
    } catch (error) {
      failed(error);
    }
    if (!isServed) running.endWith(noAgentFree(name, call.from), ABANDONED);
  }

  async #do(event: DeskEvent): Promise<void> {
    await this.#options.change(event).catch(this.#options.failed);
  }
}
