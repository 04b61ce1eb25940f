import { useNavigate, useSearch } from '@tanstack/react-router';

type Search = Readonly<Record<string, string | undefined>>;

/** The filters of the page, kept in the address: a reload or a sent link shows the same. */
export function useAddress(): readonly [Search, (change: Search, how?: { readonly step: true }) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = (change: Search, how?: { readonly step: true }) =>
    void navigate({
      to: '.',
      search: ((before: Search) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value))) as never,
      // A step of the way is gone back to with the browser's button; a filter is not.
      replace: !how?.step,
      resetScroll: false,
    });
  return [search, set];
}
