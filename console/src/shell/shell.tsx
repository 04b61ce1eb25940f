import { Link, Outlet, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { useSession, useUser } from '@/api/session.ts';
import { IconButton } from '@/design/button.tsx';
import { Icon } from '@/design/icons.tsx';
import { Loading } from '@/design/states.tsx';
import { Age } from '@/live/age.tsx';
import { LineBar } from '@/live/line-bar.tsx';
import { placesOf, type Place } from './navigation.ts';
import { SignInPage } from './sign-in.tsx';
import { useSignOut } from './sign-out.ts';
import { setTheme, useTheme, type Theme } from './theme.ts';

const SignInAgain = lazy(() => import('./sign-in-again.tsx').then((made) => ({ default: made.SignInAgain })));
const Palette = lazy(() => import('./palette.tsx').then((made) => ({ default: made.Palette })));

/** What stands around every page: navigation, the state of the connection, the palette, and the sign-in when it ends. */
export function Shell(): ReactNode {
  const session = useSession();
  if (session.state === 'unknown') return <Loading rows={1} label="Opening the console" />;
  if (session.state === 'unreachable')
    return (
      <p role="alert" className="p-6">
        The server does not answer. This page goes on by itself when it does.
      </p>
    );
  if (!('user' in session)) return <SignInPage />;
  return (
    <>
      <Frame />
      {session.state === 'expired' && (
        <Suspense fallback={null}>
          <SignInAgain email={session.user.email} />
        </Suspense>
      )}
    </>
  );
}

/** On a phone, in reach of the thumb. */
const BOTTOM = 'fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface md:hidden [&[hidden]]:hidden';

function Frame(): ReactNode {
  const user = useUser();
  const places = placesOf(user);
  const isWall = useSearch({ strict: false })['wall'] !== undefined;
  const [paletteOpen, setPaletteOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setPaletteOpen((open) => !open);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="flex min-h-dvh" data-shell>
      <a
        href="#page-title"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded bg-act px-3 py-2 text-act-ink focus:translate-y-0"
      >
        Skip to the page
      </a>
      <nav
        aria-label="Main"
        hidden={isWall}
        className="sticky top-0 flex h-dvh w-48 shrink-0 flex-col border-r border-line px-2 py-4 max-md:hidden [&[hidden]]:hidden"
      >
        <p className="flex items-center gap-2 px-2 pb-4 text-lead font-medium">
          <Mark /> Trunkline
        </p>
        <PlaceList places={places} />
        <div className="mt-auto flex flex-col gap-1 border-t border-line pt-3">
          <button
            type="button"
            onClick={() => setPaletteOpen(true)}
            className="flex h-8 items-center gap-2 rounded px-2 text-muted hover:bg-sunken"
          >
            <Icon name="search" /> Go to…
            <kbd className="ml-auto font-sans text-small">{navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl '}K</kbd>
          </button>
          <Account />
        </div>
      </nav>
      <main className="flex min-w-0 flex-1 flex-col max-md:pb-16">
        <div className="flex h-9 items-center justify-end gap-3 border-b border-line px-6 max-md:px-4">
          <Age />
        </div>
        <LineBar />
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <nav
        aria-label="Main"
        hidden={isWall}
        className={BOTTOM}
        style={{ paddingBottom: 'env(safe-area-inset-bottom)' }}
      >
        {places
          .filter(({ onPhone }) => onPhone)
          .map((place) => (
            <Link
              key={place.to}
              to={place.to}
              className="flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-small text-muted data-[status=active]:text-act"
            >
              <Icon name={place.icon} size={20} />
              {place.title}
            </Link>
          ))}
        <button
          type="button"
          onClick={() => setPaletteOpen(true)}
          className="flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-small text-muted"
        >
          <Icon name="more" size={20} />
          More
        </button>
      </nav>
      {paletteOpen && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPaletteOpen(false)} places={places} />
        </Suspense>
      )}
    </div>
  );
}

const Mark = (): ReactNode => (
  <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true" className="text-act">
    <rect width="32" height="32" rx="7" fill="currentColor" />
    <path d="M8 10h16M16 10v13M11.5 16v4M20.5 16v4" stroke="var(--act-ink)" strokeWidth="2.6" strokeLinecap="round" />
  </svg>
);

function PlaceList({ places }: { readonly places: readonly Place[] }): ReactNode {
  const groups = [...new Set(places.map(({ group }) => group))];
  return (
    <div className="flex flex-col gap-3 overflow-y-auto">
      {groups.map((group) => (
        <ul key={group} className="flex flex-col">
          {places
            .filter((place) => place.group === group)
            .map(({ to, title, icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  className="flex h-8 items-center gap-2 rounded px-2 text-muted hover:bg-sunken hover:text-ink data-[status=active]:bg-select data-[status=active]:font-medium data-[status=active]:text-ink"
                >
                  <Icon name={icon} />
                  {title}
                </Link>
              </li>
            ))}
        </ul>
      ))}
    </div>
  );
}

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

function Account(): ReactNode {
  const { name, email, role } = useUser();
  const theme = useTheme();
  const leave = useSignOut();
  return (
    <div className="flex items-center gap-1 pl-2">
      <div className="min-w-0 flex-1">
        <p className="truncate" title={email}>
          {name || email}
        </p>
        <p className="text-small text-muted">{role}</p>
      </div>
      <IconButton icon="sun" name={`Colours: ${theme}`} onClick={() => setTheme(NEXT[theme])} />
      <IconButton icon="takeOver" name="Sign out" onClick={() => void leave()} />
    </div>
  );
}
