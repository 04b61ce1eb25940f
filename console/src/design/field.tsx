import { useId, type ComponentProps, type ReactNode } from 'react';

const CONTROL =
  'w-full min-h-8 rounded border border-line-strong/70 bg-surface px-2.5 py-1 text-base text-ink placeholder:text-muted aria-invalid:border-bad disabled:bg-sunken disabled:text-muted max-md:min-h-11';
/** The browser's own words stand before the name of the chosen file. */
const FILE =
  'file:mr-2.5 file:cursor-pointer file:border-0 file:bg-transparent file:p-0 file:font-medium file:text-ink file:underline file:underline-offset-2 max-md:py-2.5';

interface Around {
  readonly label: string;
  readonly hint?: string | undefined;
  /** From the check of the page or of the server; it stays until the field changes. */
  readonly error?: string | undefined;
  /** Only for what stands beside its label in plain sight, such as a filter. */
  readonly hideLabel?: boolean;
}

function Surround({
  label,
  hint,
  error,
  hideLabel,
  id,
  children,
}: Around & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'font-medium'}>
        {label}
      </label>
      {children}
      {hint && !error && (
        <p id={`${id}-hint`} className="text-small text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-small text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { hint, error }: Around) => ({
  id,
  'aria-invalid': error ? true : undefined,
  'aria-describedby': error ? `${id}-error` : hint ? `${id}-hint` : undefined,
});

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  ...rest
}: Around & Omit<ComponentProps<'input'>, 'className'>): ReactNode {
  const id = useId();
  const around = { label, hint, error, ...(hideLabel ? { hideLabel } : {}) };
  return (
    <Surround {...around} id={id}>
      <input {...rest} {...described(id, around)} className={rest.type === 'file' ? `${CONTROL} ${FILE}` : CONTROL} />
    </Surround>
  );
}

export function TextArea({
  label,
  hint,
  error,
  hideLabel,
  ...rest
}: Around & Omit<ComponentProps<'textarea'>, 'className'>): ReactNode {
  const id = useId();
  const around = { label, hint, error, ...(hideLabel ? { hideLabel } : {}) };
  return (
    <Surround {...around} id={id}>
      <textarea rows={4} {...rest} {...described(id, around)} className={CONTROL} />
    </Surround>
  );
}

/** A choice of a few. The browser's own control: it works everywhere, also on a phone. */
export function SelectField({
  label,
  hint,
  error,
  hideLabel,
  options,
  ...rest
}: Around &
  Omit<ComponentProps<'select'>, 'className' | 'children'> & {
    readonly options: readonly (readonly [value: string, label: string])[];
  }): ReactNode {
  const id = useId();
  const around = { label, hint, error, ...(hideLabel ? { hideLabel } : {}) };
  return (
    <Surround {...around} id={id}>
      <select {...rest} {...described(id, around)} className={CONTROL}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Surround>
  );
}
