import type { TimeZone } from '#core/kernel/locale.ts';

/** The current date and time, as every model gets it in its prompt. */
export function spokenDate(at: Date, timeZone: TimeZone): string {
  const text = at.toLocaleString('en-US', {
    timeZone,
    weekday: 'long',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  return `It is now ${text}, in the time zone ${timeZone}.`;
}
