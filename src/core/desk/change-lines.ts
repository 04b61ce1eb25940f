import type { Records } from '../records.ts';
import { changeDesk, type DeskCore } from './change-desk.ts';
import { changedLines } from './line-for.ts';

/**
 * Stores a change of what callers wait by, such as a rule or the time zone. It binds those who wait already, from the
 * transaction of the change on.
 */
export async function changeLines<T>(
  core: DeskCore,
  organizationId: number,
  change: (records: Records) => Promise<T>,
): Promise<T> {
  let result!: T;
  await changeDesk(core, organizationId, async ({ entries }, now, records) => {
    result = await change(records);
    return { type: 'lines-changed', lines: await changedLines(records, organizationId, entries, now) };
  });
  return result;
}
