import type { ReactNode } from 'react';
import { ApiError } from '@/api/errors.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import { Page } from './page.tsx';

/** Nothing is there yet: why, and what to do about it. */
export function Empty({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div className="flex max-w-140 flex-col items-start gap-1 px-6 py-10 max-md:px-4">
      <h2 className="text-lead">{title}</h2>
      {children && <div className="text-muted">{children}</div>}
      {action && <div className="pt-2">{action}</div>}
    </div>
  );
}

/** Rows of the height of what is loaded, so that nothing jumps when it arrives. */
export function Loading({
  rows = 6,
  label = 'Loading',
}: {
  readonly rows?: number;
  readonly label?: string;
}): ReactNode {
  return (
    <div role="status" aria-label={label} className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center px-4">
          <div className="h-2.5 animate-pulse rounded-sm bg-sunken" style={{ width: `${30 + ((row * 37) % 45)}%` }} />
        </div>
      ))}
    </div>
  );
}

export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong in this page.';

/** What failed, in words, and the way to try again. A missing permission is said as such. */
export function Failed({ error, retry }: { readonly error: unknown; readonly retry?: () => void }): ReactNode {
  if (error instanceof ApiError && error.status === 403) return <NoPermission />;
  if (error instanceof ApiError && error.status === 404)
    return <Empty title="Not found">There is no such record, or it belongs to another organization.</Empty>;
  return (
    <div role="alert" className="flex max-w-140 flex-col items-start gap-2 px-6 py-10 max-md:px-4">
      <h2 className="flex items-center gap-2 text-lead">
        <span className="text-bad">
          <Icon name="warn" />
        </span>
        This could not be loaded
      </h2>
      <p className="text-muted">{sentenceOf(error)}</p>
      {error instanceof ApiError && error.requestId && (
        <p className="font-mono text-small text-muted">Request {error.requestId}</p>
      )}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** The page of one record before it is there: what it is loads, or why it does not. */
export function Opening({
  title,
  error,
  retry,
}: {
  readonly title: string;
  /** Null while it loads. */
  readonly error: unknown;
  readonly retry: () => void;
}): ReactNode {
  return <Page title={title}>{error === null ? <Loading /> : <Failed error={error} retry={retry} />}</Page>;
}

export function NoPermission(): ReactNode {
  return <Empty title="Your role may not see this">An administrator can change your role under Users and keys.</Empty>;
}
