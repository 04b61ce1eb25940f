import type { ReactNode } from 'react';
import { TextField } from './field.tsx';

const DAYS = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;
type Day = keyof typeof DAYS;

/** Hours of a week as the API has them. */
export type WeekHours = Readonly<Record<string, readonly (readonly string[])[]>>;
/** By day, as `09:00-12:00, 13:00-17:00`. */
export type WrittenHours = Readonly<Partial<Record<Day, string>>>;

export const writtenHours = (hours: WeekHours): WrittenHours =>
  Object.fromEntries(
    Object.entries(hours).map(([day, spans]) => [day, spans.map(([from, to]) => `${from}-${to}`).join(', ')]),
  );

const spansOf = (written: string): (readonly string[])[] =>
  written
    .split(',')
    .map((span) => span.split(/[-–]/).map((time) => time.trim()))
    .filter(([from]) => from !== '');

/** Null where no day has hours. */
export function hoursOf(written: WrittenHours): WeekHours | null {
  const days = Object.entries(written).filter(([, hours]) => hours.trim() !== '');
  return days.length === 0 ? null : Object.fromEntries(days.map(([day, hours]) => [day, spansOf(hours)]));
}

/** One field for each day of a week. */
export function WeekHoursField({
  label,
  hint,
  value,
  errorOf,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: WrittenHours;
  readonly errorOf: (day: string) => string | undefined;
  readonly onChange: (next: WrittenHours) => void;
}): ReactNode {
  return (
    <fieldset>
      <legend className="pb-1 font-medium">{label}</legend>
      <p className="pb-2 text-small text-muted">{hint}</p>
      <div className="grid gap-x-4 gap-y-2 md:grid-cols-2">
        {(Object.entries(DAYS) as [Day, string][]).map(([day, title]) => (
          <TextField
            key={day}
            label={title}
            value={value[day] ?? ''}
            placeholder="09:00-12:00, 13:00-17:00"
            error={errorOf(day)}
            onChange={(event) => onChange({ ...value, [day]: event.target.value })}
          />
        ))}
      </div>
    </fieldset>
  );
}
