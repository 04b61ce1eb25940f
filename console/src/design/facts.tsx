import type { ReactNode } from 'react';

/** Names and values of one record. */
export function Facts({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode {
  return (
    <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1.5 max-md:grid-cols-1 max-md:gap-y-0">
      {rows.map(([name, value]) => (
        <div key={name} className="contents max-md:mb-2 max-md:block">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A small table within a page: all of its rows are there. */
export function Table({
  label,
  head,
  rows,
  wide = [],
}: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
  /** Titles of columns that are left out on a phone's width. */
  readonly wide?: readonly string[];
}): ReactNode {
  const hidden = (at: number) => (wide.includes(head[at]!) ? 'max-md:hidden' : '');
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="h-9 border-b border-line text-left text-small text-muted">
            {head.map((title, at) =>
              title === '' ? (
                <td key={at} />
              ) : (
                <th key={at} scope="col" className={`pr-4 font-normal whitespace-nowrap ${hidden(at)}`}>
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key} className="h-11 border-b border-line">
              {cells.map((cell, at) => (
                <td key={at} className={`pr-4 last:pr-0 [&_time]:whitespace-nowrap ${hidden(at)}`}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
