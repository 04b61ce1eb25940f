import { useNavigate, useSearch } from '@tanstack/react-router';

type Search = Readonly<Record<string, string | undefined>>;

/** The filters of the page, kept in the address: a reload or a sent link shows the same. */
export function useAddress(): readonly [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = (change: Search) =>
    void navigate({
      to: '.',
      search: ((before: Search) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value))) as never,
      replace: true,
      resetScroll: false,
    });
  return [search, set];
}
