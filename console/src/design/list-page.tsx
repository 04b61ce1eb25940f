import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { createColumnHelper, tableFeatures, useTable, type RowData } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef, type ReactNode } from 'react';
import type { LiveEvent } from '@/live/event-socket.ts';
import { useEvents } from '@/live/event-socket.ts';
import { useThrottled } from '@/live/throttled.ts';
import { Button } from './button.tsx';
import { count } from './format.ts';
import { Page } from './page.tsx';
import { SavedViews } from './saved-views.tsx';
import { Failed, Loading, sentenceOf } from './states.tsx';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'right';
  /** Left out on a phone's width. */
  readonly wide?: true;
}

export interface ListedPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null at the end. A key of the last row, not a count: rows arrive meanwhile. */
  readonly next: string | null;
  readonly total?: number;
}

export interface ListProps<Row> {
  /** Everything that the rows depend on: the filters of the address among it. */
  readonly queryKey: readonly unknown[];
  readonly load: (cursor: string | null, signal: AbortSignal) => Promise<ListedPage<Row>>;
  readonly idOf: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** What is said when there is no row: whether a filter hides them is for the page to say. */
  readonly empty: ReactNode;
  /** Events after which the first page is read again. */
  readonly refreshOn?: (event: LiveEvent) => boolean;
}

const ROW = 44;
const REFRESH_MS = 1000;
/** Of a list that was scrolled further than this, an event makes only the first page be read again. */
const WHOLE_PAGES = 3;
const features = tableFeatures({});

/** A list of records, as long as it likes to be: only rows in sight are drawn, and the next page loads before its end. */
export function List<Row extends RowData>({
  queryKey,
  load,
  idOf,
  columns,
  empty,
  refreshOn,
}: ListProps<Row>): ReactNode {
  const queries = useQueryClient();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const again = () => void queries.invalidateQueries({ queryKey });
  const refresh = async () => {
    type Pages = InfiniteData<ListedPage<Row>, string | null>;
    const pages = queries.getQueryData<Pages>(queryKey)?.pages.length ?? 0;
    if (pages <= WHOLE_PAGES) return again();
    const first = await load(null, new AbortController().signal);
    queries.setQueryData<Pages>(queryKey, (now) => now && { ...now, pages: withFirst(first, now.pages, idOf) });
  };
  // What cannot be read now is read at the next event; the state of the connection stands above the page.
  const soon = useThrottled(() => void refresh().catch(() => undefined), REFRESH_MS);
  useEvents((events) => refreshOn && events.some(refreshOn) && soon(), again);
  // A row that moved between two pages while they were read stands once.
  const rows = useMemo(
    () => [...new Map((data?.pages ?? []).flatMap((page) => page.rows).map((row) => [idOf(row), row])).values()],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key of a row never changes
    [data],
  );
  const defined = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>();
    return columns.map((column, at) =>
      helper.display({ id: String(at), header: column.title, cell: ({ row }) => column.cell(row.original) }),
    );
  }, [columns]);
  const top = useRef<HTMLDivElement>(null);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: top.current?.offsetTop ?? 0,
  });
  const shown = virtual.getVirtualItems();
  // The table has only the rows in sight: a model of all of them would be made anew with each page.
  const inSight = shown.flatMap(({ index }) => rows[index] ?? []);
  const table = useTable({ features, columns: defined, data: inSight, getRowId: idOf });
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);
  if (query.isPending) return <Loading rows={10} />;
  if (query.isError && rows.length === 0) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (!data || rows.length === 0) return empty;
  const before = (shown[0]?.start ?? 0) - virtual.options.scrollMargin;
  const after = virtual.getTotalSize() - ((shown.at(-1)?.end ?? 0) - virtual.options.scrollMargin);
  const cellClass = (at: number) =>
    `px-3 first:pl-6 last:pr-6 max-md:px-2 max-md:first:pl-4 max-md:last:pr-4 ${columns[at]?.align === 'right' ? 'text-right figures' : ''} ${columns[at]?.wide ? 'max-md:hidden' : ''}`;
  const models = table.getRowModel().rows;
  return (
    // A wide list is moved sideways on a phone, not the page.
    <div ref={top} className="max-md:overflow-x-auto">
      <table className="w-full border-collapse" aria-rowcount={data.pages[0]?.total ?? rows.length}>
        <thead className="sticky top-0 z-10 bg-ground">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="h-9 border-b border-line text-left text-small text-muted">
              {group.headers.map((header, at) => (
                <th key={header.id} scope="col" className={`font-normal ${cellClass(at)}`}>
                  <table.FlexRender header={header} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
          {shown.map(({ index, key }, at) => {
            const row = models[at];
            return (
              row && (
                <ListRow key={key} index={index} record={row.original} columns={columns}>
                  {row.getAllCells().map((cell, column) => (
                    <td key={cell.id} className={cellClass(column)}>
                      <table.FlexRender cell={cell} />
                    </td>
                  ))}
                </ListRow>
              )
            );
          })}
          {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
        </tbody>
      </table>
      <p role="status" className="px-6 py-3 text-small text-muted max-md:px-4">
        {query.isError ? (
          <span role="alert" className="text-bad">
            {sentenceOf(query.error)} <Button onClick={() => void fetchNextPage()}>Try again</Button>
          </span>
        ) : isFetchingNextPage ? (
          'Loading more'
        ) : (
          count(data.pages[0]?.total ?? rows.length, 'row')
        )}
      </p>
    </div>
  );
}

interface ListRowProps {
  readonly index: number;
  readonly record: unknown;
  readonly columns: readonly unknown[];
  readonly children: ReactNode;
}

/** A row whose record and columns are those of before is not drawn again while the list is scrolled. */
const ListRow = memo(
  ({ index, children }: ListRowProps): ReactNode => (
    <tr aria-rowindex={index + 1} className="relative h-11 border-b border-line focus-within:bg-select hover:bg-sunken">
      {children}
    </tr>
  ),
  (before, now) => before.index === now.index && before.record === now.record && before.columns === now.columns,
);

/** The pages with the first one read anew; a row that new ones have moved out of it stays. */
function withFirst<Row>(
  first: ListedPage<Row>,
  pages: readonly ListedPage<Row>[],
  idOf: (row: Row) => string,
): ListedPage<Row>[] {
  const fresh = new Set(first.rows.map(idOf));
  const moved = (pages[0]?.rows ?? []).filter((row) => !fresh.has(idOf(row)));
  return [{ ...first, rows: [...first.rows, ...moved] }, ...pages.slice(1)];
}

/** A list with its title, filters and acts. Filters live in the address, so that a view can be sent as a link. */
export function ListPage<Row extends RowData>({
  title,
  actions,
  filters,
  ...list
}: ListProps<Row> & { readonly title: string; readonly actions?: ReactNode; readonly filters?: ReactNode }): ReactNode {
  return (
    <Page title={title} actions={actions}>
      {filters && (
        <div className="flex flex-wrap items-end gap-3 px-6 pb-3 max-md:px-4">
          {filters}
          <SavedViews />
        </div>
      )}
      <List {...list} />
    </Page>
  );
}

/** The link that the whole row opens. */
export const ROW_LINK = 'font-medium after:absolute after:inset-0 focus-visible:outline-offset-[-2px]';
