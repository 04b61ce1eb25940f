import type { Call, EndStatus } from '#core/calls/call.ts';
import type { CallPhase, ConversationEntry } from '#core/calls/conversation.ts';
import { finishCall } from '#core/calls/finish-call.ts';
import { priced, type UsageLine } from '#core/usage/usage.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { WallClock } from '#core/kernel/ports.ts';
import type { CallProgress, Ownership, Store } from '#core/ports.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import type { LedgerItem } from '#engine/turns/state.ts';
import type { Source } from '#dialogue/knowledge-lookup.ts';
import { latencyOf } from './latency.ts';

const RETRY_MS = [100, 500, 2000, 5000];

export interface WriterOptions {
  readonly call: Call;
  readonly ownership: Ownership;
  readonly store: Store;
  readonly clock: WallClock;
  /** The call is not ours any more: it has ended on record, or somebody else owns it. */
  readonly onLost: (why: 'ended' | 'taken') => void;
  readonly onError: (error: unknown) => void;
  /** Which documents the agent's words are from. */
  readonly sourcesOf: (text: string) => readonly Source[];
}

/** A call's records, written one after another in the order in which things happened, as long as we own the call. */
export class CallWriter {
  readonly #options: WriterOptions;
  #last: Promise<void> = Promise.resolve();
  #seq = 0;
  #phase: CallPhase = 'GREETING';
  /** Turns that answered the caller, and how long the caller waited in all. */
  #answered = { turns: 0, waitedMs: 0 };

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  progress(change: CallProgress, event?: DomainEvent): void {
    const { call, ownership, store } = this.#options;
    this.#queue(async () => {
      const ours = await store.transaction(async (records) => {
        if (!(await records.calls.progress(call.id, ownership, change))) return false;
        if (event) await records.outbox.event(call.organizationId, event);
        return true;
      });
      if (!ours) await this.#checkLost();
    });
  }

  note(note: TurnNote): void {
    const { call } = this.#options;
    const callId = call.id;
    // Nobody's words are kept: what a tool did is, and how fast the agent was.
    if (!call.transcribed && (note.kind === 'responded' || note.kind === 'interrupted')) return;
    switch (note.kind) {
      case 'entry':
        return this.#entry(note.item);
      case 'responded':
        return this.#event({ type: 'agent.responded', callId, data: { text: note.text } });
      case 'interrupted':
        return this.#event({ type: 'user.interrupted', callId, data: { text: note.text, heard: note.heard } });
      case 'phase':
        this.#phase = note.phase;
        return this.progress({ phase: note.phase });
      default:
        return;
    }
  }

  /** The last thing written. Resolves when everything is on record. */
  async end(
    status: EndStatus,
    reason: string,
    failure: string | null,
    usage: readonly UsageLine[] = [],
  ): Promise<void> {
    const { call, ownership, store, clock } = this.#options;
    this.#queue(async () => {
      const lines = priced(usage, await store.usage.prices());
      if (!(await finishCall({ store, clock }, call.id, ownership, { status, reason, failure }))) return;
      await store.usage.record(call.id, lines);
      const { turns, waitedMs } = this.#answered;
      if (turns > 0) await store.agents.count(call.agentId, turns, waitedMs, clock.now());
    });
    await this.#last;
  }

  #entry(item: LedgerItem): void {
    const { call, store } = this.#options;
    const entry = entryOf(
      item,
      this.#seq++,
      this.#phase,
      item.role === 'agent' ? this.#options.sourcesOf(item.intended) : [],
    );
    const latency = item.role === 'agent' ? latencyOf(item.timing) : null;
    if (latency)
      this.#answered = { turns: this.#answered.turns + 1, waitedMs: this.#answered.waitedMs + latency.fullCycleMs };
    this.#queue(async () => {
      const ours = await store.transaction(async (records) => {
        if (!(await records.calls.progress(call.id, this.#options.ownership, latency ? { latency } : {}))) return false;
        // A second try after an answer that was lost finds the entry there, and its event with it.
        const isNew = !call.transcribed || (await records.calls.addEntry(call.id, entry));
        const event = isNew && (call.transcribed || item.role === 'tool-result') ? eventOf(item, call.id) : null;
        if (event) await records.outbox.event(call.organizationId, event);
        return true;
      });
      if (!ours) await this.#checkLost();
    });
  }

  #event(event: DomainEvent): void {
    this.progress({}, event);
  }

  async #checkLost(): Promise<void> {
    const { call, ownership, store, onLost } = this.#options;
    const now = await store.calls.byId(call.id);
    if (!now || now.endedAt !== null) onLost('ended');
    else if (now.owner !== ownership.owner || now.epoch !== ownership.epoch) onLost('taken');
  }

  #queue(write: () => Promise<void>): void {
    this.#last = this.#last.then(() => this.#insist(write));
  }

  /** A database that is away for a moment costs no record. */
  async #insist(write: () => Promise<void>): Promise<void> {
    for (const waitMs of [...RETRY_MS, null]) {
      try {
        return await write();
      } catch (error) {
        if (waitMs === null) return this.#options.onError(error);
        await new Promise((again) => setTimeout(again, waitMs));
      }
    }
  }
}

function entryOf(item: LedgerItem, seq: number, phase: CallPhase, sources: readonly Source[]): ConversationEntry {
  switch (item.role) {
    case 'caller':
      return {
        seq,
        role: 'caller',
        text: item.text,
        startMs: item.startMs,
        endMs: item.endMs,
        detail: {
          ...(item.backchannel ? { backchannel: true } : {}),
          ...(item.confidence === null ? {} : { confidence: item.confidence }),
          ...(item.written ? { written: true } : {}),
        },
      };
    case 'agent': {
      const latency = latencyOf(item.timing);
      return {
        seq,
        role: 'agent',
        text: item.text,
        startMs: item.startMs,
        endMs: item.endMs,
        detail: {
          kind: item.kind,
          phase,
          heardMs: item.heardMs,
          ...(item.interrupted ? { interrupted: true, intended: item.intended } : {}),
          ...(item.estimated ? { estimated: true } : {}),
          ...(latency ? { latency } : {}),
          ...(sources.length > 0 ? { sources } : {}),
        },
      };
    }
    case 'tool-call':
      return {
        seq,
        role: 'tool-call',
        text: item.name,
        startMs: item.atMs,
        endMs: item.atMs,
        detail: { key: item.key, args: item.args },
      };
    case 'tool-result':
      return {
        seq,
        role: 'tool-result',
        text: item.output,
        startMs: item.atMs,
        endMs: item.atMs,
        detail: { key: item.key, name: item.name, status: item.status },
      };
  }
}

function eventOf(item: LedgerItem, callId: number): DomainEvent | null {
  switch (item.role) {
    case 'agent':
    case 'caller':
      return {
        type: 'message.sent',
        callId,
        data: { role: item.role, text: item.text, ...(item.role === 'caller' ? { confidence: item.confidence } : {}) },
      };
    case 'tool-result':
      return { type: 'tool.executed', callId, data: { key: item.key, name: item.name, status: item.status } };
    case 'tool-call':
      return null;
  }
}
