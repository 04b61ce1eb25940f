import { useSyncExternalStore } from 'react';

/** Filters of a list that a user has kept by a name. */
export interface View {
  readonly name: string;
  readonly path: string;
  readonly search: Readonly<Record<string, string>>;
}

const keyOf = (user: string): string => `trunkline-views-${user}`;
const listeners = new Set<() => void>();
let read: { readonly text: string; readonly views: readonly View[] } = { text: '[]', views: [] };

/** What a browser keeps may have been written by an older version, or by hand. */
function parsed(text: string): readonly View[] {
  try {
    const found = JSON.parse(text) as readonly View[];
    return found.filter(
      ({ name, path, search }) => typeof name === 'string' && typeof path === 'string' && typeof search === 'object',
    );
  } catch {
    return [];
  }
}

function viewsOf(user: string): readonly View[] {
  const text = localStorage.getItem(keyOf(user)) ?? '[]';
  if (text !== read.text) read = { text, views: parsed(text) };
  return read.views;
}

/** The views that this user has kept in this browser. */
export const useViews = (user: string): readonly View[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      addEventListener('storage', listener);
      return () => {
        listeners.delete(listener);
        removeEventListener('storage', listener);
      };
    },
    () => viewsOf(user),
  );

function store(user: string, views: readonly View[]): void {
  localStorage.setItem(keyOf(user), JSON.stringify(views));
  for (const listener of listeners) listener();
}

const isSame = (one: View, other: View): boolean => one.path === other.path && one.name === other.name;

/** A view with a name that is there on this page takes its place. */
export const keepView = (user: string, view: View): void =>
  store(user, [...viewsOf(user).filter((one) => !isSame(one, view)), view]);

export const forgetView = (user: string, view: View): void =>
  store(
    user,
    viewsOf(user).filter((one) => !isSame(one, view)),
  );
