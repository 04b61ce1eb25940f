import type { Desk } from './desk.ts';
import type { QueueEntry } from './queue-entry.ts';

/** What a change of a desk asks for after it is stored. */
export interface DeskAlarm {
  /** Calls `changeDesk` again when the desk's next deadline is due. */
  set(organizationId: number, desk: Desk, now: Date): void;
  /** Calls a person back whose turn has come. */
  callBack(organizationId: number, entry: QueueEntry): void;
}
