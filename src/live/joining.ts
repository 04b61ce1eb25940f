import { isEnded, type Call } from '#core/calls/call.ts';
import type { Store } from '#core/records.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { CommandChannel } from '#core/calls/command-channel.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { RunningCall } from './running-call.ts';

export type Refused = { readonly refused: 'unknown' | 'ended' | 'connected' };

/** Receives the media of a socket and starts the conversation; or the reason why the socket is refused. */
export type Connection = { readonly events: MediaEvents; readonly begin: () => void; readonly sid: string } | Refused;

interface TakeOverOptions {
  readonly store: Store;
  readonly commands: CommandChannel;
  readonly serverId: string;
  readonly leaseMs: number;
}

/** Takes over a call from another server, unless its media is connected there. */
export async function takeOver(
  { store, commands, serverId, leaseMs }: TakeOverOptions,
  callId: number,
): Promise<{ readonly call: Call; readonly ownership: Ownership } | Refused> {
  const call = await store.calls.byId(callId);
  if (!call) return { refused: 'unknown' };
  if (isEnded(call.status)) return { refused: 'ended' };
  if (call.owner !== null && call.owner !== serverId && (await commands.isReached(call.owner, callId)))
    return { refused: 'connected' };
  const ownership = await store.calls.takeOver(callId, serverId, leaseMs, call.epoch);
  // Otherwise another server was faster, and the media is connected there.
  return ownership ? { call, ownership } : { refused: 'connected' };
}

/** Joins a media leg to a call without a live one: the first leg, or a reconnection of the same party. */
export async function join(running: RunningCall, leg: MediaLeg): Promise<Connection> {
  const again = running.answered;
  const events = again ? running.reconnect(leg) : await running.answer(leg);
  if (!events) return { refused: again ? 'ended' : 'connected' };
  return { events, begin: () => running.begin(), sid: running.call.sid };
}
