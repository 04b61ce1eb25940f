import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { CARRIER_OUTCOMES } from '#core/kernel/carrier-notice.ts';
import type { LiveView, ServerCommand } from '#core/calls/live-calls.ts';
import type { CommandChannel } from '#core/ports.ts';
import type { PostgresNotifications } from './notifications.ts';

const CHANNEL = 'trunkline_commands';
const VIEW_MS = 500;

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
  ]),
});
type Message = z.infer<typeof Message>;

/** Commands to calls that another server runs. */
export class PostgresCommandChannel implements CommandChannel {
  readonly #notifications: PostgresNotifications;
  readonly #onError: (error: Error) => void;
  #here: Parameters<CommandChannel['listen']>[1] = { obey: () => undefined, view: () => null };
  readonly #questions = new Map<string, (view: LiveView | null) => void>();
  #serverId = '';

  constructor(notifications: PostgresNotifications, onError: (error: Error) => void) {
    this.#notifications = notifications;
    this.#onError = onError;
  }

  async send(serverId: string, callId: number, command: ServerCommand): Promise<void> {
    await this.#tell({ to: serverId, callId, what: command });
  }

  async view(serverId: string, callId: number): Promise<LiveView | null> {
    const question = randomUUID();
    const answer = new Promise<LiveView | null>((resolve) => {
      this.#questions.set(question, resolve);
      setTimeout(() => resolve(null), VIEW_MS).unref();
    });
    try {
      await this.#tell({ to: serverId, callId, what: { type: 'look', from: this.#serverId, question } });
      return await answer;
    } finally {
      this.#questions.delete(question);
    }
  }

  async listen(serverId: string, here: Parameters<CommandChannel['listen']>[1]): Promise<void> {
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
      if (what.type === 'look')
        this.#tell({
          to: what.from,
          callId,
          what: { type: 'seen', question: what.question, view: this.#here.view(callId) },
        }).catch((error: unknown) => this.#onError(error instanceof Error ? error : new Error(String(error))));
      else if (what.type === 'seen') this.#questions.get(what.question)?.(what.view);
      else this.#here.obey(callId, what);
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
