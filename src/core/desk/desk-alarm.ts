import type { Desk } from './desk.ts';

/** Calls `changeDesk` again when a desk's next deadline is due. */
export interface DeskAlarm {
  set(organizationId: number, desk: Desk, now: Date): void;
}
