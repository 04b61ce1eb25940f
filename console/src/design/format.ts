/** Numbers, times and durations as the console writes them. */

const dateTime = new Intl.DateTimeFormat(undefined, {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const when = (instant: string | null): string => (instant === null ? '' : dateTime.format(new Date(instant)));
export const timeOfDay = (instant: string | number): string => clock.format(new Date(instant));

/** `4:07`, or `1:02:45`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${h > 0 ? String(m).padStart(2, '0') : m}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

/** `1:07.4` of milliseconds. */
export const moment = (ms: number): string => `${duration(ms / 1000)}.${Math.floor((Math.max(0, ms) % 1000) / 100)}`;

export const money = (amount: number): string =>
  amount === 0 ? 'free' : amount < 0.1 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString()} ${new Intl.PluralRules('en').select(n) === 'one' ? one : many}`;
