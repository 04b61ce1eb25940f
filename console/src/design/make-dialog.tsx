import type { FormEvent, ReactNode } from 'react';
import { ApiError } from '@/api/errors.ts';
import { Failure, useAct } from './act.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

export interface MakeDialogProps {
  readonly title: string;
  readonly description?: string;
  /** What the button says. */
  readonly action: string;
  readonly look?: 'main' | 'danger';
  readonly isReady?: boolean;
  readonly onClose: () => void;
  /** Sends what was entered. The dialog closes when it resolves. */
  readonly make: () => Promise<unknown>;
  /** The fields, with the errors of the last answer by the names of the request's fields. */
  readonly children: (errors: Readonly<Record<string, string>>) => ReactNode;
}

/** A dialog that makes one record. What failed stays in it, at its field where the answer names one. */
export function MakeDialog({
  title,
  description,
  action,
  look = 'main',
  isReady = true,
  onClose,
  make,
  children,
}: MakeDialogProps): ReactNode {
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(make).then((made) => made && onClose());
  };
  return (
    <Dialog open onClose={onClose} title={title} {...(description === undefined ? {} : { description })}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {children(act.failure instanceof ApiError ? act.failure.fields : {})}
        <Failure act={act} />
        <Button look={look} type="submit" busy={act.busy} disabled={!isReady}>
          {action}
        </Button>
      </form>
    </Dialog>
  );
}
