import type { Call } from '../calls/call.ts';
import { callbackRoom, NO_ORIGIN } from '../calls/call-origin.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '../calls/place-call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError } from '../kernel/errors.ts';
import { phoneNumber } from '../kernel/phone-number.ts';
import {
  announceChange,
  changeDesk,
  changeDeskIn,
  settingsOf,
  type DeskChangeMade,
  type DeskCore,
} from './change-desk.ts';
import type { Desk } from './desk.ts';
import { positionOf } from './estimate.ts';
import { changedLines } from './line-for.ts';
import type { QueueEntry } from './queue-entry.ts';
import { isOverflowCause } from './wait-limits.ts';

/** The last words of a callback's first message; the person's answer to it decides. */
export const CONNECT_QUESTION = 'May I connect you now?';
const GREETING = `Hello, you asked us to call you back. A colleague is free for you. ${CONNECT_QUESTION}`;

/** The place in line of a person who is called back. */
export interface KeptPlace {
  readonly position: number | null;
  /** They are not called before; null: as soon as the turn has come. */
  readonly notBefore: Date | null;
}

/**
 * The caller of a running call hangs up and keeps the place in line: they are called back when the turn has come, not
 * before `at`. Answers the place; null if the caller does not wait, and has not had to leave the line.
 */
export async function keepPlace(
  core: DeskCore,
  { organizationId, id: callId }: Pick<Call, 'organizationId' | 'id'>,
  number: string,
  at: Date | null,
): Promise<KeptPlace | null> {
  const last = (await core.store.desk.ofCall(callId)).entries.at(-1);
  const left = last?.state === 'done' && isOverflowCause(last.cause) ? last : null;
  const { after } = await changeDesk(core, organizationId, async (_, now, records) => {
    const line = left && (await changedLines(records, organizationId, [left], now)).get(left.id);
    return { type: 'take-callback', callId, number, at: at ?? now, left: left && { ...left, ...line } };
  });
  const entry = after.entries.find(
    (one) => one.callId === callId && (one.state === 'callback' || one.state === 'calling'),
  );
  if (!entry) return null;
  const due = entry.callback!.at;
  return { position: positionOf(after, entry.id), notBefore: due > core.clock.now() ? due : null };
}

/** The caller of a running call does not wait for a human agent any more. */
export async function leaveLine(
  core: DeskCore,
  { organizationId, id: callId }: Pick<Call, 'organizationId' | 'id'>,
  cause: 'changed_mind' | 'message',
): Promise<void> {
  await changeDesk(core, organizationId, () => ({ type: 'leave-line', callId, outcome: 'returned_to_ai', cause }));
}

/**
 * The turn of a person who keeps a place in line has come: the AI agent of the first call calls them, and asks whether
 * it may connect them. `entry` has just become `calling`; the one server that made it so calls. The call and its place
 * in line are stored in one transaction, and only while this attempt is open: no one is called twice.
 */
export async function callBack(core: Core, organizationId: number, entry: QueueEntry): Promise<void> {
  const { number } = entry.callback!;
  const ctx: Context = { organizationId, actor: { kind: 'system', name: 'desk' }, requestId: `queue_${entry.id}` };
  const first = (await core.store.calls.byId(entry.callId))!;
  const origin = (await core.store.callOrigins.of([entry.callId])).get(entry.callId) ?? NO_ORIGIN;
  const own = first.direction === 'inbound' ? first.to : first.from;
  const settings = await settingsOf(core);
  let placed: DeskChangeMade | null = null;
  try {
    await placeCall(core, ctx, {
      agentId: first.agentId,
      to: phoneNumber(number),
      from: own === null ? null : phoneNumber(own),
      variables: first.variables,
      overrides: { firstMessage: GREETING },
      recorded: null,
      ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
      origin: { ...origin, roomName: callbackRoom(number, core.clock.now()), skills: entry.skills },
      also: async (records, call) => {
        placed = await changeDeskIn(records, core, settings, organizationId, (desk) => {
          if (!isOpenAttempt(desk, entry)) throw new Outdated();
          return { type: 'callback-placed', entryId: entry.id, callId: call.id };
        });
      },
    });
    if (placed) announceChange(core, organizationId, placed);
  } catch (error) {
    if (error instanceof Outdated) return;
    const refused = error instanceof AppError && error.code === 'unchangeable';
    const cause = refused ? 'do_not_call' : 'not_placed';
    await changeDesk(core, organizationId, () => ({
      type: 'callback-failed',
      entryId: entry.id,
      cause,
      final: refused,
    }));
    if (!(error instanceof AppError)) throw error;
  }
}

/** The entry has left the line, this attempt has its call already, or a newer one has begun. */
class Outdated extends Error {}

const isOpenAttempt = (desk: Desk, { id, callId, callback }: QueueEntry): boolean =>
  desk.entries.some(
    (one) =>
      one.id === id && one.state === 'calling' && one.callId === callId && one.callback!.tries === callback!.tries,
  );
