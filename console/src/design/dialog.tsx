import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Button, IconButton } from './button.tsx';
import { sentenceOf } from './states.tsx';

const BACKDROP = 'fixed inset-0 z-40 bg-ink/30 dark:bg-ground/70';
const POPUP =
  'fixed top-[12vh] left-1/2 z-50 flex max-h-[80vh] w-[min(92vw,var(--dialog-width,520px))] -translate-x-1/2 flex-col overflow-auto rounded bg-surface text-ink shadow-raised outline-none border border-line';

const Unsaved = createContext<RefObject<boolean> | null>(null);

/** Tells the dialog around a form whether it holds what is not saved: closing it then asks. */
export function useUnsaved(isDirty: boolean): void {
  const around = useContext(Unsaved);
  useEffect(() => {
    if (!around) return;
    around.current = isDirty;
    return () => void (around.current = false);
  }, [around, isDirty]);
}

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: string;
  readonly children: ReactNode;
}

export function Dialog({ open, onClose, title, description, children }: DialogProps): ReactNode {
  const unsaved = useRef(false);
  const close = () => {
    if (!unsaved.current || confirm('What you changed here is not saved. Close all the same?')) onClose();
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && close()}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup className={POPUP}>
          <header className="flex items-start justify-between gap-4 px-5 pt-4">
            <div>
              <Base.Title className="text-lead font-medium">{title}</Base.Title>
              {description && <Base.Description className="text-muted">{description}</Base.Description>}
            </div>
            <Base.Close render={<IconButton name="Close" icon="close" />} />
          </header>
          <div className="px-5 pt-3 pb-5">
            <Unsaved value={unsaved}>{children}</Unsaved>
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Asks before what cannot be undone. An error of the act stays in the dialog. */
export function Confirm({
  open,
  onClose,
  title,
  children,
  action,
  act,
}: Omit<DialogProps, 'description'> & { readonly action: string; readonly act: () => Promise<unknown> }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    onClose();
  };
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await act();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={POPUP}>
          <div className="flex flex-col gap-3 p-5">
            <AlertDialog.Title className="text-lead font-medium">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="text-muted">
              {children}
            </AlertDialog.Description>
            {error !== null && (
              <p role="alert" className="text-bad">
                {sentenceOf(error)}
              </p>
            )}
            <div className="flex justify-end gap-2 pt-2">
              <AlertDialog.Close render={<Button>Keep it as it is</Button>} />
              <Button look="danger" busy={busy} onClick={() => void run()}>
                {action}
              </Button>
            </div>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
