import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import { DESK_POLICY, SIMULATED_POLICY, type Desk } from './desk.ts';
import type { DeskEvent } from './desk-event.ts';
import { deskStep } from './desk-step.ts';
import { estimateWaitMs } from './estimate.ts';
import { isOpen, type Offer } from './offer.ts';
import type { QueueEntry } from './queue-entry.ts';

export type DeskCore = Pick<Core, 'store' | 'clock' | 'live' | 'carriers' | 'deskAlarm'>;

/** A desk before and after a change; the second also holds what has ended in it. */
export interface DeskChange {
  readonly before: Desk;
  readonly after: Desk;
}

/** The open records of a desk at this moment. */
export async function readDesk(core: Pick<Core, 'store' | 'carriers'>, organizationId: number): Promise<Desk> {
  return { ...(await core.store.desk.read(organizationId)), ...(await settingsOf(core)) };
}

type DeskSettings = Pick<Desk, 'simulated' | 'policy'>;

export async function settingsOf({ carriers }: Pick<Core, 'carriers'>): Promise<DeskSettings> {
  const { real } = await carriers.current();
  return { simulated: !real, policy: real ? DESK_POLICY : SIMULATED_POLICY };
}

type EventSource = (desk: Desk, now: Date, records: Records) => DeskEvent | null | Promise<DeskEvent | null>;

/**
 * Changes a desk under its lock, and matches callers with agents. `event` is made from the locked desk, in the same
 * transaction; null changes nothing but what is due. `also` runs in it after the change.
 */
export async function changeDesk(
  core: DeskCore,
  organizationId: number,
  event: EventSource,
  also: (records: Records, change: DeskChange) => Promise<void> = () => Promise.resolve(),
): Promise<DeskChange> {
  const settings = await settingsOf(core);
  const made = await core.store.transaction(async (records) => {
    const made = await changeDeskIn(records, core, settings, organizationId, event);
    await also(records, made.change);
    return made;
  });
  announceChange(core, organizationId, made);
  return made.change;
}

export interface DeskChangeMade {
  readonly change: DeskChange;
  readonly at: Date;
}

/** `changeDesk` within a transaction; once that is committed, `announceChange` tells of it. */
export async function changeDeskIn(
  records: Records,
  { clock }: Pick<Core, 'clock'>,
  settings: DeskSettings,
  organizationId: number,
  event: EventSource,
): Promise<DeskChangeMade> {
  const before = { ...(await records.desk.lock(organizationId)), ...settings };
  const at = clock.now();
  const next = (await event(before, at, records)) ?? { type: 'tick' };
  const after = await withEstimates(records, organizationId, deskStep(before, next, at), at);
  return { at, change: { before, after: { ...after, ...(await records.desk.save(organizationId, before, after)) } } };
}

/** Sets the desk's next deadline, makes callbacks whose turn has come, and wakes the calls that the change touches. */
export function announceChange(core: DeskCore, organizationId: number, { change, at }: DeskChangeMade): void {
  core.deskAlarm.set(organizationId, openOf(change.after), at);
  for (const entry of change.after.entries)
    if (
      entry.state === 'calling' &&
      !change.before.entries.some(({ id, state }) => id === entry.id && state === 'calling')
    )
      core.deskAlarm.callBack(organizationId, entry);
  for (const callId of touched(change)) notifyCall(core, callId);
}

/** The desk without what has ended. */
export const openOf = (desk: Desk): Desk => ({
  ...desk,
  entries: desk.entries.filter(({ state }) => state !== 'done'),
  offers: desk.offers.filter(isOpen),
});

/** The estimate at entry is kept, so that it can be compared with the real wait. */
async function withEstimates(records: Records, organizationId: number, desk: Desk, now: Date): Promise<Desk> {
  if (!desk.entries.some(({ id }) => id < 0)) return desk;
  const times = await records.desk.handlingTimes(organizationId);
  const open = openOf(desk);
  return {
    ...desk,
    entries: desk.entries.map((one) => {
      if (one.id > 0) return one;
      const estimate = estimateWaitMs(open, one.id, times, now);
      const estimateMs = estimate === null ? null : Math.round(estimate);
      // Who joins the line hears how long it takes.
      return { ...one, estimateMs, toldMs: estimateMs };
    }),
  };
}

/** Calls whose entry or offer has changed. */
function touched({ before, after }: DeskChange): ReadonlySet<number> {
  const known = new Set<QueueEntry | Offer>([...before.entries, ...before.offers]);
  const same = new Map([...before.entries].map((one) => [one.id, one]));
  const calls = new Set<number>();
  for (const one of [...after.entries, ...after.offers]) if (!known.has(one)) calls.add(one.callId);
  for (const one of after.entries) {
    const earlier = same.get(one.id);
    if (earlier && earlier.callId !== one.callId) calls.add(earlier.callId);
  }
  return calls;
}

/** The server that runs the call acts by the records; it also reads them once a second. */
function notifyCall({ live }: DeskCore, callId: number): void {
  void live.send(callId, { type: 'desk', act: null }).catch(() => undefined);
}
