import { useState, type ReactNode } from 'react';
import { TextField } from './field.tsx';
import { MakeDialog } from './make-dialog.tsx';
import { keepView } from './views.ts';

interface KeepViewProps {
  readonly user: string;
  readonly path: string;
  readonly search: Readonly<Record<string, string | undefined>>;
  readonly onClose: () => void;
}

/** Asks for the name by which the filters of now are kept. */
export function KeepView({ user, path, search, onClose }: KeepViewProps): ReactNode {
  const [name, setName] = useState('');
  const kept = Object.fromEntries(Object.entries(search).flatMap(([key, value]) => (value ? [[key, value]] : [])));
  return (
    <MakeDialog
      title="Keep these filters"
      description="For you, in this browser. To send them to someone, send the address of the page."
      action="Keep them"
      isReady={name.trim() !== ''}
      onClose={onClose}
      make={() => Promise.resolve(keepView(user, { name: name.trim(), path, search: kept }))}
    >
      {() => (
        <TextField
          label="Name"
          value={name}
          required
          maxLength={60}
          onChange={(event) => setName(event.target.value)}
        />
      )}
    </MakeDialog>
  );
}
