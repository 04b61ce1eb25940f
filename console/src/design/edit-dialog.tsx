import { useQuery, type QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import type { Loaded } from './record-form.tsx';
import { Failed, Loading } from './states.tsx';

/** A dialog that reads a record anew and shows its form. */
export function EditDialog<T extends object>({
  title,
  queryKey,
  read,
  onClose,
  children,
}: {
  readonly title: string;
  readonly queryKey: QueryKey;
  readonly read: () => Promise<Loaded<T>>;
  readonly onClose: () => void;
  readonly children: (loaded: Loaded<T>) => ReactNode;
}): ReactNode {
  const loaded = useQuery({ queryKey, queryFn: read, gcTime: 0 });
  return (
    <Dialog open onClose={onClose} title={title}>
      {loaded.isPending ? (
        <Loading rows={3} />
      ) : loaded.isError ? (
        <Failed error={loaded.error} retry={() => void loaded.refetch()} />
      ) : (
        children(loaded.data)
      )}
    </Dialog>
  );
}
