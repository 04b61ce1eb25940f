import type { ReactNode } from 'react';
import type { ReplyOf } from '@/api/client.ts';
import { Table } from '@/design/facts.tsx';

type Progress = Pick<
  ReplyOf<'GET /api/people/do-not-call/imports/:import_id'>['data'],
  'status' | 'failure' | 'processed_rows' | 'total_rows' | 'rejected' | 'errors'
>;

/** How often an import that runs is looked at. */
export const WATCH_MS = 1000;

export const Rejected = ({ errors }: Pick<Progress, 'errors'>): ReactNode =>
  errors.length === 0 ? null : (
    <Table
      label="Rejected rows"
      head={['Row', 'Why']}
      rows={errors.map(({ row, error }) => ({ key: String(row), cells: [row, error] }))}
    />
  );

interface ImportRowsProps {
  readonly of: Progress;
  /** What a completed import did. */
  readonly done: string;
  readonly errorsAt: string;
}

/** How far an import of a list is, and its rejected rows. */
export const ImportRows = ({ of: one, done, errorsAt }: ImportRowsProps): ReactNode => (
  <div className="flex flex-col gap-3" role="status">
    <p>
      {one.status === 'processing'
        ? `${one.processed_rows.toLocaleString()} of ${one.total_rows.toLocaleString()} rows`
        : one.status === 'failed'
          ? `It failed: ${one.failure ?? ''}`
          : done}
    </p>
    <Rejected errors={one.errors} />
    {one.rejected > 0 && (
      <a className="underline" href={errorsAt} download>
        Rejected rows as CSV, to mend and upload again
      </a>
    )}
  </div>
);
