import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef, type MouseEvent, type ReactNode } from 'react';
import type { LiveEvent } from '@/live/event-socket.ts';
import { useEvents } from '@/live/event-socket.ts';
import { readAgain } from '@/live/read-again.ts';
import { useThrottled } from '@/live/throttled.ts';
import { Button } from './button.tsx';
import { useColumnWidths } from './column-widths.ts';
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

/** A list of records, as long as it likes to be: only rows in sight are drawn, and the next page loads before its end. */
export function List<Row>({ queryKey, load, idOf, columns, empty, refreshOn }: ListProps<Row>): ReactNode {
  const queries = useQueryClient();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const again = () => void readAgain(queries, queryKey);
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
  const top = useRef<HTMLDivElement>(null);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    overscan: 6,
    scrollMargin: top.current?.offsetTop ?? 0,
    // Rows are drawn in a task of their own, not in that of the scrolling.
    useFlushSync: false,
    useScrollendEvent: true,
  });
  const shown = virtual.getVirtualItems();
  const { open, prepare } = useRowLinks();
  // Where not all rows are drawn, columns keep the widths of the first ones.
  const widths = useColumnWidths(top, shown.length < rows.length, JSON.stringify(queryKey));
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);
  if (query.isPending) return <Loading rows={10} />;
  if (query.isError && rows.length === 0) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (!data || rows.length === 0) return empty;
  const before = (shown[0]?.start ?? 0) - virtual.options.scrollMargin;
  const after = virtual.getTotalSize() - ((shown.at(-1)?.end ?? 0) - virtual.options.scrollMargin);
  return (
    // A wide list is moved sideways on a phone, not the page.
    <div ref={top} className="max-md:overflow-x-auto">
      <table
        className={`w-full border-separate border-spacing-0 ${widths ? 'table-fixed [&_td]:truncate max-md:[&_time]:whitespace-normal' : ''}`}
        aria-rowcount={data.pages[0]?.total ?? rows.length}
      >
        <thead className="sticky top-0 z-10 bg-ground">
          <tr className="h-9 text-left text-small text-muted">
            {columns.map((column, at) => (
              <th
                key={column.title}
                scope="col"
                style={widths ? { width: widths[at] } : undefined}
                className={`border-b border-line font-normal ${cellClass(column)}`}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onClick={open} onPointerOver={prepare} onFocus={prepare}>
          {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
          {shown.map(({ index, key }) => {
            const record = rows[index];
            return record && <ListRow key={key} index={index} record={record} columns={columns as never} />;
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

const cellClass = ({ align, wide }: Column<never>): string =>
  `px-3 first:pl-6 last:pr-6 max-md:px-2 max-md:first:pl-4 max-md:last:pr-4 ${align === 'right' ? 'text-right figures' : ''} ${wide ? 'max-md:hidden' : ''}`;

interface ListRowProps {
  readonly index: number;
  readonly record: unknown;
  readonly columns: readonly Column<unknown>[];
}

/** A row whose record and columns are those of before is not drawn again while the list is scrolled. */
const ListRow = memo(({ index, record, columns }: ListRowProps): ReactNode => (
  <tr aria-rowindex={index + 1} className="relative h-11 focus-within:bg-select hover:bg-sunken">
    {columns.map((column) => (
      <td key={column.title} className={`border-b border-line ${cellClass(column)}`}>
        {column.cell(record)}
      </td>
    ))}
  </tr>
));

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
export function ListPage<Row>({
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

/** The link that the whole row opens. The list opens it: a link of the router costs many times as much to draw. */
export const RowLink = ({ to, children }: { readonly to: string; readonly children: ReactNode }): ReactNode => (
  <a href={to} data-row-link className="font-medium after:absolute after:inset-0 focus-visible:outline-offset-[-2px]">
    {children}
  </a>
);

const rowLinkOf = (target: EventTarget): string | null =>
  (target as Element).closest('tr')?.querySelector('[data-row-link]')?.getAttribute('href') ?? null;

/** Opens the link of a row in this tab, and loads its page when the row is pointed at. */
function useRowLinks() {
  const router = useRouter();
  return {
    open: (event: MouseEvent) => {
      const link = (event.target as Element).closest('[data-row-link]')?.getAttribute('href');
      const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
      if (!link || !isPlain || event.defaultPrevented) return;
      event.preventDefault();
      void router.navigate({ href: link });
    },
    prepare: ({ target }: { readonly target: EventTarget }) => {
      const link = rowLinkOf(target);
      if (link) void router.preloadRoute({ to: link as never });
    },
  };
}
