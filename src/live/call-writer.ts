import type { Callback } from '#core/bookings/booking.ts';
import type { Call, CallPhase } from '#core/calls/call.ts';
import type { SpokenEntry } from '#core/conversations/entry.ts';
import type { UsageLine } from '#core/usage/usage.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { CallProgress } from '#core/calls/call-store.ts';
import type { Measurements } from '#core/metrics/measurements.ts';
import type { CallOutcome } from '#core/calls/finish-call.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import type { LedgerItem } from '#engine/turns/state.ts';
import type { Source } from '#agent-mind/knowledge-lookup.ts';
import type { Continuation } from './continuation.ts';
import { latencyOf } from './latency.ts';
import { RecordQueue, type QueueOptions } from './record-queue.ts';

export interface WriterOptions extends QueueOptions {
  readonly call: Call;
  /** Null if the call began on this server. */
  readonly continued: Continuation | null;
  /** The state of the conversation as it is stored with each record of a turn. */
  readonly turnState: () => object;
  /** Which documents the agent's words are from. */
  readonly sourcesOf: (text: string) => readonly Source[];
  /**
   * What providers did since this was asked last. It is stored with each turn, so that a crash or takeover loses no
   * more than one turn's.
   */
  readonly takeUsage: () => readonly UsageLine[];
  readonly measurements: Pick<Measurements, 'turnAnswered'>;
}

/** Turns the events of a call into its records. */
export class CallWriter {
  readonly #options: WriterOptions;
  readonly #queue: RecordQueue;
  #seq: number;
  #phase: CallPhase;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#seq = options.continued?.nextSeq ?? 0;
    this.#phase = options.continued?.state.dialogue.phase ?? 'GREETING';
    this.#queue = new RecordQueue(options);
  }

  progress(change: CallProgress, event: DomainEvent | null = null): void {
    this.#queue.push({ kind: 'progress', change, event });
  }

  callback(callback: Omit<Callback, 'conversationId'>): void {
    this.#queue.push({ kind: 'callback', callback });
  }

  note(note: TurnNote): void {
    const { call } = this.#options;
    const callId = call.id;
    // Without a transcript no words are stored, only tool results and latencies.
    if (!call.transcribed && (note.kind === 'responded' || note.kind === 'interrupted')) return;
    switch (note.kind) {
      case 'entry':
        return this.#entry(note.item);
      case 'responded':
        return this.#turn({}, { type: 'agent.responded', callId, data: { text: note.text } });
      case 'interrupted':
        return this.#turn({}, { type: 'user.interrupted', callId, data: { text: note.text, heard: note.heard } });
      case 'phase':
        this.#phase = note.phase;
        return this.#turn({ phase: note.phase });
      default:
        return;
    }
  }

  /** Stores the state of the conversation; resolves when all records are stored. */
  async checkpoint(): Promise<void> {
    this.#turn({});
    await this.#queue.written();
  }

  /** Writes the end of the call, its last record. Resolves when all records are stored. */
  async end(outcome: CallOutcome): Promise<void> {
    const usage = this.#options.takeUsage();
    const endedAt = this.#options.clock.now();
    this.#queue.push({ kind: 'end', outcome, endedAt, usage });
    await this.#queue.written();
  }

  #entry(item: LedgerItem): void {
    const { call, sourcesOf, takeUsage, turnState } = this.#options;
    const sources = item.role === 'agent' ? sourcesOf(item.intended) : [];
    const entry = entryOf(item, this.#seq++, this.#phase, sources);
    const latency = item.role === 'agent' ? latencyOf(item.timing) : null;
    if (latency) this.#options.measurements.turnAnswered(latency);
    const event = call.transcribed || item.role === 'tool-result' ? eventOf(item, call.id) : null;
    const usage = item.role === 'agent' ? takeUsage() : [];
    this.#queue.push({
      kind: 'entry',
      entry: call.transcribed ? entry : null,
      latency,
      event,
      usage,
      turnState: turnState(),
    });
  }

  #turn(change: CallProgress, event: DomainEvent | null = null): void {
    this.progress({ ...change, turnState: this.#options.turnState() }, event);
  }
}

function entryOf(item: LedgerItem, seq: number, phase: CallPhase, sources: readonly Source[]): SpokenEntry {
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
    case 'overheard':
      return {
        seq,
        role: item.userId === null ? 'caller' : 'agent',
        text: item.text,
        startMs: item.startMs,
        endMs: item.endMs,
        detail: {
          ...(item.userId === null ? { to: 'human-agent' } : { by: 'human-agent', userId: item.userId }),
          ...(item.confidence === null ? {} : { confidence: item.confidence }),
        },
      };
    case 'instruction':
      return {
        seq,
        role: 'instruction',
        text: item.text,
        startMs: item.atMs,
        endMs: item.atMs,
        detail: { userId: item.userId },
      };
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
      return { type: 'message.sent', callId, data: { role: 'agent', text: item.text } };
    case 'caller':
      return {
        type: 'message.received',
        callId,
        data: { role: 'caller', text: item.text, confidence: item.confidence },
      };
    case 'overheard': {
      const { userId, text, confidence } = item;
      return userId === null
        ? { type: 'message.received', callId, data: { role: 'caller', text, confidence } }
        : { type: 'message.sent', callId, data: { role: 'agent', text, by: 'human-agent' } };
    }
    case 'tool-result':
      if (item.status === 'unconfirmed') return null;
      return { type: 'tool.executed', callId, data: { key: item.key, name: item.name, status: item.status } };
    case 'tool-call':
    case 'instruction':
      return null;
  }
}
