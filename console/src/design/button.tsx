import type { ComponentProps, ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

const LOOKS = {
  main: 'bg-act text-act-ink hover:brightness-110',
  plain: 'border border-line-strong/60 bg-surface hover:bg-sunken',
  quiet: 'hover:bg-sunken',
  danger: 'border border-bad text-bad bg-surface hover:bg-bad hover:text-surface',
} as const;

const BASE =
  'inline-flex min-h-8 items-center justify-center gap-1.5 rounded px-3 text-base font-medium whitespace-nowrap disabled:opacity-50 max-md:min-h-11';

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  readonly look?: keyof typeof LOOKS;
  readonly icon?: IconName;
  /** Shows that the act is under way; a second press does nothing. */
  readonly busy?: boolean;
}

export function Button({
  look = 'plain',
  icon,
  busy = false,
  children,
  disabled,
  onClick,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`${BASE} ${LOOKS[look]} ${busy ? 'opacity-60' : ''}`}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is an icon alone; its name is read out and shown on hover. */
export function IconButton({
  name,
  icon,
  look = 'quiet',
  ...rest
}: Omit<ComponentProps<'button'>, 'className' | 'name'> & {
  readonly name: string;
  readonly icon: IconName;
  readonly look?: keyof typeof LOOKS;
}): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      aria-label={name}
      title={name}
      className={`inline-flex size-8 items-center justify-center rounded disabled:opacity-50 max-md:size-11 ${LOOKS[look]}`}
    >
      <Icon name={icon} />
    </button>
  );
}
