import type { TimeZone } from '#core/kernel/locale.ts';

/** The present date and time, as every model is told it. */
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
