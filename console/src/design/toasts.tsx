import { Toast } from '@base-ui/react/toast';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { showNotesWith } from './toast.ts';

const manager = Toast.createToastManager();

showNotesWith((note) => void manager.add({ ...note, timeout: 5000 }));

export function Toasts(): ReactNode {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(92vw,340px)] flex-col gap-2 max-md:bottom-20">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List(): ReactNode {
  const { toasts } = Toast.useToastManager();
  return toasts.map((one) => (
    <Toast.Root
      key={one.id}
      toast={one}
      className="flex items-start justify-between gap-2 rounded border border-line bg-surface py-2 pr-1 pl-4 shadow-raised"
    >
      <Toast.Content className="py-1.5">
        <Toast.Title className="font-medium" />
        <Toast.Description className="text-muted" />
      </Toast.Content>
      <Toast.Close render={<IconButton name="Close this note" icon="close" />} />
    </Toast.Root>
  ));
}
