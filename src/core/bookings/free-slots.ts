import type { BaseCore } from '../core.ts';
import { openAtOrAfter } from '../dialling/open-hours.ts';
import type { WeekHours } from '../dialling/week-hours.ts';
import type { TimeZone } from '../kernel/locale.ts';
import type { BookSlot } from './booking.ts';

type Reading = Pick<BaseCore, 'store' | 'clock'>;

const STEP_MS = 30 * 60_000;
const HOLD_MS = 10 * 60_000;
const FARTHEST_MS = 14 * 86_400_000;

/** The half hours after an instant that lie in opening hours, of the next two weeks. */
export function openSlots(hours: WeekHours, zone: TimeZone, after: Date): readonly Date[] {
  const slots: Date[] = [];
  const up = (ms: number) => Math.ceil(ms / STEP_MS) * STEP_MS;
  let at = Math.floor(after.getTime() / STEP_MS) * STEP_MS + STEP_MS;
  const end = at + FARTHEST_MS;
  while (at < end) {
    const open = openAtOrAfter({ zones: [zone], jurisdictions: [], own: [hours] }, new Date(at));
    if (!open) break;
    for (at = up(open.fromMs); at + STEP_MS <= open.toMs && at < end; at += STEP_MS) slots.push(new Date(at));
    at = Math.max(at, up(open.toMs));
  }
  return slots;
}

/** The free half hours in the organization's opening hours after an instant, soonest first. */
export async function freeSlots(core: Reading, organizationId: number, wanted: Date): Promise<readonly Date[]> {
  const now = core.clock.now();
  const { openingHours, timeZone } = (await core.store.organizations.get(organizationId))!;
  const slots = openSlots(openingHours, timeZone, wanted > now ? wanted : now);
  if (slots.length === 0) return [];
  const until = new Date(slots.at(-1)!.getTime() + 1);
  const taken = new Set(
    (await core.store.bookings.taken(organizationId, slots[0]!, until, now)).map((at) => at.getTime()),
  );
  return slots.filter((at) => !taken.has(at.getTime()));
}

/** Keeps the next free half hour after the wanted one for a call; null when the next two weeks are full. */
export async function holdNextSlot(core: Reading, organizationId: number, wanted: BookSlot): Promise<Date | null> {
  const now = core.clock.now();
  const until = new Date(now.getTime() + HOLD_MS);
  for (const at of await freeSlots(core, organizationId, wanted.at))
    if (await core.store.bookings.insert(organizationId, { ...wanted, at }, now, until)) return at;
  return null;
}
