import { useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useUser } from '@/api/session.ts';
import { useAddress } from './address.ts';
import { Button } from './button.tsx';
import { SelectField } from './field.tsx';
import { forgetView, useViews } from './views.ts';

const KeepView = lazy(() => import('./keep-view.tsx').then((made) => ({ default: made.KeepView })));

const textOf = (search: Readonly<Record<string, string | undefined>>): string =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, value]) => value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );

/** Filters of this page that the user has kept by a name: to take them up again, keep those of now, or forget them. */
export function SavedViews(): ReactNode {
  const { id: user } = useUser();
  const path = useLocation({ select: ({ pathname }) => pathname });
  const [search, setSearch] = useAddress();
  const [isKeeping, setKeeping] = useState(false);
  const views = useViews(user).filter((view) => view.path === path);
  const now = textOf(search);
  const chosen = views.find((view) => textOf(view.search) === now);
  const take = (name: string) => {
    const none = Object.fromEntries(Object.keys(search).map((key) => [key, undefined]));
    setSearch({ ...none, ...views.find((view) => view.name === name)?.search });
  };
  return (
    <>
      {views.length > 0 && (
        <SelectField
          label="Kept filters"
          value={chosen?.name ?? ''}
          onChange={(event) => take(event.target.value)}
          options={[['', 'None'], ...views.map(({ name }) => [name, name] as const)]}
        />
      )}
      {chosen ? (
        <Button look="quiet" onClick={() => forgetView(user, chosen)}>
          Forget “{chosen.name}”
        </Button>
      ) : (
        now !== '[]' && (
          <Button look="quiet" onClick={() => setKeeping(true)}>
            Keep these filters
          </Button>
        )
      )}
      {isKeeping && (
        <Suspense fallback={null}>
          <KeepView user={user} path={path} search={search} onClose={() => setKeeping(false)} />
        </Suspense>
      )}
    </>
  );
}
