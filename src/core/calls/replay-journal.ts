import type { WallClock } from '../kernel/wall-clock.ts';
import type { Store } from '../records.ts';
import type { CallJournal } from './call-journal.ts';
import { recordOfLine, writeCallRecord } from './call-record.ts';

/** Writes the records that earlier processes left in the journal; failed ones are kept. Returns the number written. */
export async function replayJournal(
  core: { readonly store: Store; readonly clock: WallClock },
  journal: CallJournal,
  onError: (error: unknown, name: string) => void,
): Promise<number> {
  let written = 0;
  for (const file of await journal.left()) {
    try {
      for (const line of await file.lines()) {
        const record = recordOfLine(line);
        if (record && (await writeCallRecord(core, record)) === 'written') written++;
      }
      await file.remove();
    } catch (error) {
      onError(error, file.name);
    }
  }
  return written;
}
