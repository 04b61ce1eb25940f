import type { CallJournal } from '#core/calls/call-journal.ts';
import type { Call } from '#core/calls/call.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import { callFields } from './call-fields.ts';
import { failureText } from './carrier-side.ts';
import type { NotPlaced } from './placing.ts';
import { RecordQueue } from './record-queue.ts';
import type { Log } from '#core/kernel/log.ts';

interface GivingUp {
  readonly store: Store;
  readonly clock: WallClock;
  readonly journal: CallJournal;
  readonly serverId: string;
  readonly log: Log;
}

/** Ends a call that was not placed. Resolves when its end is stored. */
export async function giveUp(
  { store, clock, journal, serverId: owner, log }: GivingUp,
  call: Call,
  { status, reason, message }: NotPlaced,
): Promise<void> {
  const queue = new RecordQueue({
    store,
    clock,
    journal,
    call,
    ownership: { owner, epoch: call.epoch },
    onLost: () => undefined,
    onError: (error, what) => log.error({ err: error, call: call.sid }, what),
  });
  log.info({ ...callFields(call), status, reason, problem: message }, 'call refused');
  const outcome = { status, reason, failure: status === 'refused' ? failureText(status, message) : message };
  queue.push({ kind: 'end', outcome, endedAt: clock.now(), usage: [] });
  await queue.written();
}
