import type { ReactNode } from 'react';
import type { BodyOf } from '@/api/client.ts';
import { TextField } from '@/design/field.tsx';

export const OFFERS = { callback: 'A callback, which keeps the place', message: 'A message for the team' } as const;
type Offer = keyof typeof OFFERS;

/** When callers stop waiting for a person; an empty text is no such limit. */
export interface OverflowValues {
  readonly longestWait: string;
  readonly mostWaiting: string;
  readonly noAgents: string;
  /** What who leaves the line is offered. */
  readonly offers: readonly Offer[];
}

export const NO_OVERFLOW: OverflowValues = {
  longestWait: '',
  mostWaiting: '',
  noAgents: '',
  offers: ['callback', 'message'],
};

const LABELS: Readonly<Record<keyof OverflowValues, string>> = {
  longestWait: 'Longest wait for a person, in seconds',
  mostWaiting: 'Most callers who wait',
  noAgents: 'Seconds without a person on duty',
  offers: 'Who stops waiting is offered',
};

type Overflow = NonNullable<BodyOf<'POST /api/v1/sip/dispatch-rules'>['overflow']>;

/** Undefined where nothing is set. */
export function overflowOf({ longestWait, mostWaiting, noAgents, offers }: OverflowValues): Overflow | undefined {
  const limits: Overflow = {
    ...(longestWait ? { longest_wait_seconds: Number(longestWait) } : {}),
    ...(mostWaiting ? { most_waiting: Number(mostWaiting) } : {}),
    ...(noAgents ? { no_agents_seconds: Number(noAgents) } : {}),
  };
  const isUsual = Object.keys(limits).length === 0 && offers.length === Object.keys(OFFERS).length;
  return isUsual ? undefined : { ...limits, offers };
}

export function overflowValues(overflow: Overflow | undefined): OverflowValues {
  if (!overflow) return NO_OVERFLOW;
  const { longest_wait_seconds: longest, most_waiting: most, no_agents_seconds: empty, offers } = overflow;
  return {
    longestWait: longest?.toString() ?? '',
    mostWaiting: most?.toString() ?? '',
    noAgents: empty?.toString() ?? '',
    offers: offers ?? NO_OVERFLOW.offers,
  };
}

const LIMITS = [
  { name: 'longestWait', field: 'longest_wait_seconds', least: 1, hint: 'Empty: as long as they like' },
  { name: 'mostWaiting', field: 'most_waiting', least: 0, hint: 'No other caller joins them' },
  { name: 'noAgents', field: 'no_agents_seconds', least: 0, hint: 'After that no caller waits any longer' },
] as const;

export function OverflowFields({
  values,
  errors,
  set,
}: {
  readonly values: OverflowValues;
  readonly errors: Readonly<Record<string, string>>;
  readonly set: (next: OverflowValues) => void;
}): ReactNode {
  const { offers } = values;
  const error = errors['overflow.offers'];
  return (
    <>
      <div className="grid gap-x-4 gap-y-2 md:grid-cols-3">
        {LIMITS.map(({ name, field, least, hint }) => (
          <TextField
            key={name}
            type="number"
            min={least}
            label={LABELS[name]}
            hint={hint}
            value={values[name]}
            error={errors[`overflow.${field}`]}
            onChange={(event) => set({ ...values, [name]: event.target.value })}
          />
        ))}
      </div>
      <fieldset className="flex flex-col gap-1">
        <legend className="pb-1 font-medium">{LABELS.offers}</legend>
        {(Object.entries(OFFERS) as [Offer, string][]).map(([offer, title]) => (
          <label key={offer} className="flex items-center gap-2 max-md:min-h-11">
            <input
              type="checkbox"
              checked={offers.includes(offer)}
              onChange={(event) =>
                set({
                  ...values,
                  offers: event.target.checked ? [...offers, offer] : offers.filter((one) => one !== offer),
                })
              }
            />
            {title}
          </label>
        ))}
        {error && (
          <p role="alert" className="text-small text-bad">
            {error}
          </p>
        )}
      </fieldset>
    </>
  );
}
