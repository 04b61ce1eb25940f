import type { Log } from '#core/kernel/log.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationStore } from '#core/conversations/conversation-store.ts';
import { AppError } from '#core/kernel/errors.ts';

/** Lease of a turn; after a crash the conversation is free again when it expires. */
const LEASE_MS = 8000;
const BEATS_PER_LEASE = 4;
const WAIT_MS = 30_000;
const POLL_INTERVAL_MS = 40;

export interface TextTurnsOptions {
  readonly conversations: Pick<ConversationStore, 'claim' | 'extend' | 'release'>;
  readonly log: Pick<Log, 'warn'>;
  readonly leaseMs?: number;
}

/**
 * Serializes the answers of each conversation over all servers: a turn holds a lease that is extended while it runs.
 */
export class TextTurns {
  readonly #options: TextTurnsOptions;
  readonly #leaseMs: number;

  constructor(options: TextTurnsOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** @throws AppError conflict if earlier turns take too long */
  async run<T>(conversationId: number, work: () => Promise<T>): Promise<T> {
    const { conversations, log } = this.#options;
    const holder = randomUUID();
    await this.#claim(conversationId, holder);
    const beat = setInterval(() => void this.#extend(conversationId, holder), this.#leaseMs / BEATS_PER_LEASE);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      await conversations
        .release(conversationId, holder)
        .catch((error: unknown) =>
          log.warn(
            { err: error, conversation: conversationId },
            'the turn of a conversation could not be released; its lease will expire',
          ),
        );
    }
  }

  async #claim(conversationId: number, holder: string): Promise<void> {
    const lateAt = performance.now() + WAIT_MS;
    while (!(await this.#options.conversations.claim(conversationId, holder, this.#leaseMs))) {
      if (performance.now() > lateAt)
        throw new AppError('conflict', 'Another message of this conversation is still being answered', {
          subject: `conversation_id: conv_${conversationId}`,
        });
      await pause(POLL_INTERVAL_MS);
    }
  }

  async #extend(conversationId: number, holder: string): Promise<void> {
    const { conversations, log } = this.#options;
    try {
      if (await conversations.extend(conversationId, holder, this.#leaseMs)) return;
      log.warn({ conversation: conversationId }, 'the turn of a conversation was taken over before it ended');
    } catch (error) {
      log.warn({ err: error, conversation: conversationId }, 'the turn of a conversation could not be extended');
    }
  }
}
