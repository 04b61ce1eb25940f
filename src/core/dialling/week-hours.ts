export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** From (included) to (excluded), `HH:MM` of the clock there; `24:00` is the end of the day. */
export type Span = readonly [from: string, to: string];

/** A weekday that is missing is closed. */
export type WeekHours = Readonly<Partial<Record<Weekday, readonly Span[]>>>;

/** Minutes since midnight, or null if the text is no time of a day. */
export function minutesOf(text: string): number | null {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minutes <= DAY_MINUTES ? minutes : null;
}

export const DAY_MINUTES = 24 * 60;

/** Problems of hours that a client or a file gives, as sentences; none if they are valid. */
export function weekHoursProblems(hours: unknown): readonly string[] {
  if (typeof hours !== 'object' || hours === null || Array.isArray(hours))
    return ['must be an object of weekdays, such as {"mon": [["09:00", "17:00"]]}'];
  return Object.entries(hours).flatMap(([day, spans]) => {
    if (!(WEEKDAYS as readonly string[]).includes(day))
      return [`names no weekday: ${day} (use ${WEEKDAYS.join(', ')})`];
    if (!Array.isArray(spans)) return [`${day} must be a list of [from, to]`];
    return spans.flatMap((span: unknown) => {
      const [from, to] = Array.isArray(span) && span.length === 2 ? span.map((one) => minutesOf(String(one))) : [];
      return from == null || to == null || from >= to
        ? [`${day} must hold pairs of HH:MM with the earlier first: ${JSON.stringify(span)}`]
        : [];
    });
  });
}

/** Minutes of a day, from (included) to (excluded), in order and apart. */
export type Minutes = readonly (readonly [from: number, to: number])[];

const MINUTES = new WeakMap<readonly Span[], Minutes>();

export function minutesOn(hours: WeekHours, day: Weekday): Minutes {
  const spans = hours[day];
  if (spans === undefined) return [];
  const known = MINUTES.get(spans);
  if (known) return known;
  const minutes = joined(spans.map(([from, to]) => [minutesOf(from)!, minutesOf(to)!] as const));
  MINUTES.set(spans, minutes);
  return minutes;
}

/** In order, with those that touch or overlap made one. */
export function joined(spans: Minutes): Minutes {
  const result: [number, number][] = [];
  for (const [from, to] of spans.toSorted((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** What lies in both. */
export function common(one: Minutes, other: Minutes): Minutes {
  return one.flatMap(([from, to]) =>
    other.flatMap(([start, end]) => {
      const span = [Math.max(from, start), Math.min(to, end)] as const;
      return span[0] < span[1] ? [span] : [];
    }),
  );
}
