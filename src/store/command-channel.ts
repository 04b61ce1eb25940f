import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import { CARRIER_OUTCOMES } from '#core/kernel/carrier-notice.ts';
import type { LiveView, ServerCommand } from '#core/calls/live-calls.ts';
import type { CallsHere, CommandChannel } from '#core/calls/command-channel.ts';
import type { PostgresNotifications } from './notifications.ts';

const CHANNEL = 'trunkline_commands';
const VIEW_MS = 500;
/** Longer than the time-out for pings of media connections. */
const REACH_MS = 3000;
/** A command that is not claimed within this time is withdrawn. */
const CLAIM_MS = 4000;
const CLAIM_AGAIN_MS = 500;

const View = z.object({ speaking: z.boolean(), responding: z.boolean() });
const Signal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ringing') }),
  z.object({ type: z.literal('answered') }),
  z.object({ type: z.literal('answered-by'), who: z.enum(['human', 'machine']) }),
  z.object({ type: z.literal('recording'), url: z.string() }),
  z.object({ type: z.literal('ended'), outcome: z.enum(CARRIER_OUTCOMES), reason: z.string().nullable() }),
]);
const Command = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('end'),
    reason: z.string(),
    by: z.enum(['caller', 'agent', 'human', 'system', 'carrier']).exactOptional(),
    unanswered: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal('say'), text: z.string() }),
  z.object({ type: z.literal('message'), text: z.string() }),
  z.object({ type: z.literal('instruct'), userId: z.number(), text: z.string() }),
  z.object({ type: z.literal('desk'), act: z.enum(['hold', 'resume', 'hand-back']).nullable() }),
  z.object({ type: z.literal('leg'), legId: z.number(), signal: Signal, carrierLegId: z.string() }),
  z.object({
    type: z.literal('room'),
    room: z.string(),
    party: z.object({
      role: z.enum(['human-agent', 'supervisor']),
      userId: z.number(),
      part: z.enum(['talk', 'listen', 'whisper', 'take_over']),
      legId: z.number().exactOptional(),
    }),
  }),
  z.object({ type: z.literal('listener'), userId: z.number() }),
  z.object({ type: z.literal('dial') }),
  z.object({ type: z.literal('expect') }),
  z.object({ type: z.literal('carrier'), signal: Signal, carrierCallId: z.string() }),
]);
const Message = z.object({
  to: z.string(),
  what: z.discriminatedUnion('type', [
    /** There are commands to be claimed. */
    z.object({ type: z.literal('bell') }),
    z.object({ type: z.literal('claimed'), commands: z.array(z.number()) }),
    z.object({ type: z.literal('look'), callId: z.number(), from: z.string(), question: z.string() }),
    z.object({ type: z.literal('seen'), question: z.string(), view: View.nullable() }),
    z.object({ type: z.literal('reach'), callId: z.number(), from: z.string(), question: z.string() }),
    z.object({ type: z.literal('reached'), question: z.string(), reached: z.boolean() }),
  ]),
});
type Message = z.infer<typeof Message>;
type Question = Extract<Message['what'], { type: 'look' | 'reach' }>;

/** The answer of a server that carries no calls. */
export const NO_CALLS: CallsHere = { obey: () => undefined, view: () => null, isReached: () => Promise.resolve(false) };

interface CommandRow {
  readonly id: number;
  readonly sender: string;
  readonly call_id: number;
  readonly command: unknown;
}

/**
 * Commands to calls on other servers. A command is a row that either its receiver claims or its sender withdraws, so
 * that
 * it is executed at most once and the sender knows whether it was. Notifications only announce rows.
 */
export class PostgresCommandChannel implements CommandChannel {
  readonly #pool: Pool;
  readonly #notifications: PostgresNotifications;
  readonly #serverId: string;
  readonly #onError: (error: Error) => void;
  #here: CallsHere = NO_CALLS;
  readonly #questions = new Map<string, (answer: LiveView | boolean | null) => void>();
  readonly #sent = new Map<number, () => void>();
  /** Claims that were notified before the sender knew the id of its command. */
  readonly #claimedEarly = new Set<number>();
  /** Executed commands whose rows may still exist. */
  readonly #done = new Set<number>();
  /** A claim may be stored although its answer was lost. */
  #unsure = false;
  #isClaiming = false;
  #again = false;

  constructor(pool: Pool, notifications: PostgresNotifications, serverId: string, onError: (error: Error) => void) {
    this.#pool = pool;
    this.#notifications = notifications;
    this.#serverId = serverId;
    this.#onError = onError;
  }

  async send(receiver: string, callId: number, command: ServerCommand): Promise<boolean> {
    const bell: Message = { to: receiver, what: { type: 'bell' } };
    const { rows } = await this.#pool.query<{ id: number }>(
      `with made as (
        insert into server_commands (sender, receiver, call_id, command) values ($1, $2, $3, $4) returning id
      ) select id, pg_notify($5, $6) from made`,
      [this.#serverId, receiver, callId, JSON.stringify(command), CHANNEL, JSON.stringify(bell)],
    );
    const { id } = rows[0]!;
    if (this.#claimedEarly.delete(id) || (await this.#isClaimed(id))) return true;
    const { rowCount } = await this.#pool.query(
      'delete from server_commands where id = $1 and claimed_at is null returning id',
      [id],
    );
    return rowCount === 0;
  }

  async view(serverId: string, callId: number): Promise<LiveView | null> {
    return (await this.#ask(serverId, callId, 'look', VIEW_MS)) as LiveView | null;
  }

  async isReached(serverId: string, callId: number): Promise<boolean> {
    return (await this.#ask(serverId, callId, 'reach', REACH_MS)) === true;
  }

  /** Null if no answer comes in time. */
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
      await this.#tell({ to: serverId, what: { type, callId, from: this.#serverId, question } });
      return await answer;
    } finally {
      this.#questions.delete(question);
    }
  }

  async listen(here: CallsHere): Promise<void> {
    this.#here = here;
    await this.#notifications.listen(CHANNEL, (payload) => this.#hear(payload));
    this.#notifications.onReconnected(() => this.#claim());
  }

  #isClaimed(id: number): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (claimed: boolean) => {
        clearTimeout(late);
        this.#sent.delete(id);
        resolve(claimed);
      };
      const late = setTimeout(over, CLAIM_MS, false);
      this.#sent.set(id, () => over(true));
    });
  }

  #tell(message: Message): Promise<void> {
    return this.#notifications.tell(CHANNEL, JSON.stringify(message));
  }

  #hear(payload: string): void {
    try {
      const { to, what } = Message.parse(JSON.parse(payload));
      if (to !== this.#serverId) return;
      if (what.type === 'bell') this.#claim();
      else if (what.type === 'claimed') for (const id of what.commands) this.#told(id);
      else if (what.type === 'seen') this.#questions.get(what.question)?.(what.view);
      else if (what.type === 'reached') this.#questions.get(what.question)?.(what.reached);
      else this.#answer(what).catch((error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  async #answer({ type, callId, from, question }: Question): Promise<void> {
    const what =
      type === 'look'
        ? { type: 'seen' as const, question, view: this.#here.view(callId) }
        : { type: 'reached' as const, question, reached: await this.#here.isReached(callId) };
    await this.#tell({ to: from, what });
  }

  #told(id: number): void {
    const sent = this.#sent.get(id);
    if (sent) return sent();
    this.#claimedEarly.add(id);
    // Its sender learns of it within a moment, or has withdrawn.
    setTimeout(() => this.#claimedEarly.delete(id), CLAIM_MS).unref();
  }

  /** Serializes commands, so that they are executed in the order of sending. */
  #claim(): void {
    this.#again = true;
    if (!this.#isClaiming) void this.#claimAll();
  }

  async #claimAll(): Promise<void> {
    this.#isClaiming = true;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#carryOut(await this.#claimed());
      } catch (error) {
        this.#unsure = true;
        this.#failed(error);
        setTimeout(() => this.#claim(), CLAIM_AGAIN_MS).unref();
      }
    }
    this.#isClaiming = false;
  }

  async #claimed(): Promise<readonly CommandRow[]> {
    const unsure = this.#unsure;
    const { rows } = await this.#pool.query<CommandRow>(
      `update server_commands set claimed_at = clock_timestamp()
      where receiver = $1 and claimed_at is null and created_at > clock_timestamp() - make_interval(secs => $2)
      returning id, sender, call_id, command`,
      [this.#serverId, CLAIM_MS / 1000],
    );
    if (!unsure) return rows.toSorted((a, b) => a.id - b.id);
    const { rows: all } = await this.#pool.query<CommandRow>(
      `select id, sender, call_id, command from server_commands
      where receiver = $1 and claimed_at is not null order by id`,
      [this.#serverId],
    );
    this.#unsure = false;
    return all;
  }

  async #carryOut(rows: readonly CommandRow[]): Promise<void> {
    for (const { id, call_id: callId, command } of rows) {
      if (this.#done.has(id)) continue;
      this.#done.add(id);
      this.#here.obey(callId, Command.parse(command));
    }
    for (const sender of new Set(rows.map((row) => row.sender))) {
      const ids = rows.filter((row) => row.sender === sender).map((row) => row.id);
      const claimed: Message = { to: sender, what: { type: 'claimed', commands: ids } };
      await this.#pool.query(
        'with done as (delete from server_commands where id = any($1::bigint[])) select pg_notify($2, $3)',
        [ids, CHANNEL, JSON.stringify(claimed)],
      );
      for (const id of ids) this.#done.delete(id);
    }
  }

  #failed(error: unknown): void {
    this.#onError(error instanceof Error ? error : new Error(String(error)));
  }
}
