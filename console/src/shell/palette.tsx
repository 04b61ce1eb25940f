import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useUser } from '@/api/session.ts';
import { Icon, type IconName } from '@/design/icons.tsx';
import { useViews } from '@/design/views.ts';
import type { Place } from './navigation.ts';
import { useSignOut } from './sign-out.ts';
import { setTheme } from './theme.ts';

interface Command {
  readonly title: string;
  readonly icon: IconName;
  readonly run: () => void;
}

/** ⌘K: every place and a few acts, by a few letters. A number or a call's id opens that call. */
export function Palette({
  places,
  onClose,
}: {
  readonly places: readonly Place[];
  readonly onClose: () => void;
}): ReactNode {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const [query, setQuery] = useState('');
  const views = useViews(useUser().id);
  const commands: readonly Command[] = [
    ...places.map(({ title, icon, to }) => ({ title, icon, run: () => void navigate({ to }) })),
    ...views.flatMap(({ name, path, search }) => {
      const place = places.find(({ to }) => to === path);
      const run = () => void navigate({ to: path, search: search as never });
      return place ? [{ title: `${place.title}: ${name}`, icon: place.icon, run }] : [];
    }),
    { title: 'Light colours', icon: 'sun' as const, run: () => setTheme('light') },
    { title: 'Dark colours', icon: 'sun' as const, run: () => setTheme('dark') },
    { title: 'Colours of the system', icon: 'sun' as const, run: () => setTheme('system') },
    { title: 'Sign out', icon: 'takeOver' as const, run: () => void signOut() },
  ];
  const id = /^(call_\d+|[A-Z]{2}[\w-]{6,})$/i.exec(query.trim())?.[0];
  const shown = [
    ...(id
      ? [
          {
            title: `Open call ${id}`,
            icon: 'calls' as const,
            run: () => void navigate({ to: '/app/conversations/$call', params: { call: id } }),
          },
        ]
      : []),
    ...commands.filter(({ title }) => matches(title, query)),
  ];
  const pick = (command: Command) => {
    onClose();
    command.run();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-ink/30 dark:bg-ground/70" />
        <Dialog.Popup
          aria-label="Go to"
          className="fixed top-[12vh] left-1/2 z-50 w-[min(92vw,480px)] -translate-x-1/2 rounded border border-line bg-surface shadow-raised"
        >
          <Autocomplete.Root
            inline
            open
            items={shown}
            filter={null}
            value={query}
            onValueChange={setQuery}
            itemToStringValue={(command: Command) => command.title}
            autoHighlight="always"
          >
            <Autocomplete.Input
              aria-label="Page, act or id of a call"
              placeholder="Page, act or id of a call"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-lead outline-none"
            />
            <Autocomplete.Empty>
              <p className="px-4 py-3 text-muted empty:hidden">{shown.length === 0 ? 'Nothing has this name.' : ''}</p>
            </Autocomplete.Empty>
            <Autocomplete.List className="max-h-[50vh] overflow-y-auto p-1">
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.title}
                  value={command}
                  onClick={() => pick(command)}
                  className="flex h-9 cursor-default items-center gap-2 rounded px-3 data-highlighted:bg-select"
                >
                  <Icon name={command.icon} />
                  {command.title}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Whether the letters occur in this order. */
function matches(title: string, query: string): boolean {
  const letters = title.toLowerCase();
  let at = 0;
  for (const letter of query.toLowerCase().replace(/\s/g, '')) {
    at = letters.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
