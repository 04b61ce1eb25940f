import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { CARRIER_OUTCOMES } from '#core/kernel/carrier-notice.ts';
import type { LiveView, ServerCommand } from '#core/calls/live-calls.ts';
import type { CallsHere, CommandChannel } from '#core/ports.ts';
import type { PostgresNotifications } from './notifications.ts';

const CHANNEL = 'trunkline_commands';
const VIEW_MS = 500;
/** Longer than a server waits for the other end of a media connection to answer. */
const REACH_MS = 3000;

const View = z.object({ speaking: z.boolean(), responding: z.boolean() });
const Signal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ringing') }),
  z.object({ type: z.literal('answered') }),
  z.object({ type: z.literal('answered-by'), who: z.enum(['human', 'machine']) }),
  z.object({ type: z.literal('recording'), url: z.string() }),
  z.object({ type: z.literal('ended'), outcome: z.enum(CARRIER_OUTCOMES), reason: z.string().nullable() }),
]);
const Message = z.object({
  to: z.string(),
  callId: z.number(),
  what: z.discriminatedUnion('type', [
    z.object({ type: z.literal('end'), reason: z.string() }),
    z.object({ type: z.literal('say'), text: z.string() }),
    z.object({ type: z.literal('message'), text: z.string() }),
    z.object({ type: z.literal('dial') }),
    z.object({ type: z.literal('expect') }),
    z.object({ type: z.literal('carrier'), signal: Signal, carrierCallId: z.string() }),
    z.object({ type: z.literal('look'), from: z.string(), question: z.string() }),
    z.object({ type: z.literal('seen'), question: z.string(), view: View.nullable() }),
    z.object({ type: z.literal('reach'), from: z.string(), question: z.string() }),
    z.object({ type: z.literal('reached'), question: z.string(), reached: z.boolean() }),
  ]),
});
type Message = z.infer<typeof Message>;
type Question = Extract<Message['what'], { type: 'look' | 'reach' }>;

/** What a server says that carries no calls. */
export const NO_CALLS: CallsHere = { obey: () => undefined, view: () => null, isReached: () => Promise.resolve(false) };

/** Commands to calls that another server runs. */
export class PostgresCommandChannel implements CommandChannel {
  readonly #notifications: PostgresNotifications;
  readonly #onError: (error: Error) => void;
  #here: CallsHere = NO_CALLS;
  readonly #questions = new Map<string, (answer: LiveView | boolean | null) => void>();
  #serverId = '';

  constructor(notifications: PostgresNotifications, onError: (error: Error) => void) {
    this.#notifications = notifications;
    this.#onError = onError;
  }

  async send(serverId: string, callId: number, command: ServerCommand): Promise<void> {
    await this.#tell({ to: serverId, callId, what: command });
  }

  async view(serverId: string, callId: number): Promise<LiveView | null> {
    return (await this.#ask(serverId, callId, 'look', VIEW_MS)) as LiveView | null;
  }

  async isReached(serverId: string, callId: number): Promise<boolean> {
    return (await this.#ask(serverId, callId, 'reach', REACH_MS)) === true;
  }

  /** Null when no answer comes in time. */
  async #ask(
    serverId: string,
    callId: number,
    type: 'look' | 'reach',
    withinMs: number,
  ): Promise<LiveView | boolean | null> {
    const question = randomUUID();
    const answer = new Promise<LiveView | boolean | null>((resolve) => {
      this.#questions.set(question, resolve);
      setTimeout(() => resolve(null), withinMs).unref();
    });
    try {
      await this.#tell({ to: serverId, callId, what: { type, from: this.#serverId, question } });
      return await answer;
    } finally {
      this.#questions.delete(question);
    }
  }

  async listen(serverId: string, here: CallsHere): Promise<void> {
    this.#serverId = serverId;
    this.#here = here;
    await this.#notifications.listen(CHANNEL, (payload) => this.#take(payload));
  }

  #tell(message: Message): Promise<void> {
    return this.#notifications.tell(CHANNEL, JSON.stringify(message));
  }

  #take(payload: string): void {
    try {
      const { to, callId, what } = Message.parse(JSON.parse(payload));
      if (to !== this.#serverId) return;
      if (what.type === 'look' || what.type === 'reach')
        this.#answer(callId, what).catch((error: unknown) => this.#fail(error));
      else if (what.type === 'seen') this.#questions.get(what.question)?.(what.view);
      else if (what.type === 'reached') this.#questions.get(what.question)?.(what.reached);
      else this.#here.obey(callId, what);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #answer(callId: number, { type, from, question }: Question): Promise<void> {
    const what =
      type === 'look'
        ? { type: 'seen' as const, question, view: this.#here.view(callId) }
        : { type: 'reached' as const, question, reached: await this.#here.isReached(callId) };
    await this.#tell({ to: from, callId, what });
  }

  #fail(error: unknown): void {
    this.#onError(error instanceof Error ? error : new Error(String(error)));
  }
}
