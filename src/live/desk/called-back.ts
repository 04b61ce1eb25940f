import type { DeskEvent } from '#core/desk/desk-event.ts';
import { CONNECT_QUESTION } from '#core/desk/queue-callback.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';

const REFUSES =
  /^(?:no|nope|not now|later|never mind|no need)\b|\b(?:don't need|do not need|not a good time|bad time)\b/i;

/**
 * A person who kept a place in line has been called back by this call: what they answer to the question whether they
 * may be connected. What they say before it, such as a hello, is no answer.
 */
export class CalledBack {
  #isAsked = false;
  #answer: string | null = null;

  /** The AI agent has said something. */
  agentSaid(text: string): void {
    if (text.includes(CONNECT_QUESTION)) this.#isAsked = true;
  }

  /** True if it is the answer. */
  personSaid(text: string): boolean {
    if (!this.#isAsked || this.#answer !== null || text.trim() === '') return false;
    this.#answer = text;
    return true;
  }

  /** What the answer means for the entry of the person; null until it is known. */
  eventFor(entry: QueueEntry): DeskEvent | null {
    if (this.#answer === null) return null;
    if (REFUSES.test(this.#answer.trim()))
      return { type: 'callback-failed', entryId: entry.id, cause: 'not_wanted', final: true };
    const { callId, skills, priority, targetId, transferType, requestedBy, reason, limits } = entry;
    return { type: 'enter', entry: { callId, skills, priority, targetId, transferType, requestedBy, reason, limits } };
  }
}
