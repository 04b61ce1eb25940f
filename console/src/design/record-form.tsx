import { useBlocker } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { ApiError } from '@/api/errors.ts';
import { Button } from './button.tsx';
import { Dialog, useUnsaved } from './dialog.tsx';
import { sentenceOf } from './states.tsx';
import { toast } from './toast.ts';

/** A record as it was read: what a save is compared with. */
export interface Loaded<T> {
  readonly values: T;
  /** Its `ETag`, where the operation gives one. */
  readonly version: string | null;
}

interface FormOptions<T extends object> {
  readonly loaded: Loaded<T>;
  /**
   * Sends what the user changed: a field that was not touched is not written. `values` is the whole record with the
   * changes, for operations that replace it.
   */
  readonly save: (changes: Partial<T>, version: string | null, values: T) => Promise<Loaded<T>>;
  /** Reads the record again, after someone else has changed it. */
  readonly reload: () => Promise<Loaded<T>>;
  readonly savedNote?: string;
  /** The form belongs to the whole page and outlives a change of its part. */
  readonly spansParts?: true;
}

export interface RecordForm<T extends object> {
  readonly values: T;
  readonly set: <K extends keyof T>(name: K, value: T[K]) => void;
  readonly errors: Readonly<Record<string, string>>;
  readonly isDirty: boolean;
  readonly busy: boolean;
  readonly failure: unknown;
  readonly conflict: Loaded<T> | null;
  readonly submit: (event?: FormEvent) => void;
  /** Ends the conflict: this user's text over the newer one, or the newer one. `later`: both stay as they are. */
  readonly settle: (keep: 'mine' | 'theirs' | 'later') => void;
  readonly reset: () => void;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * What the user types stays theirs: neither an event nor a refetch writes into the form. A save that meets a newer
 * version shows both texts.
 */
export function useRecordForm<T extends object>({
  loaded,
  save,
  reload,
  savedNote,
  spansParts,
}: FormOptions<T>): RecordForm<T> {
  const [base, setBase] = useState(loaded);
  const [changes, setChanges] = useState<Partial<T>>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Loaded<T> | null>(null);
  const [busy, setBusy] = useState(false);
  const isDirty = Object.keys(changes).length > 0;
  // An untouched form shows the newest version; one that was touched keeps what it began with.
  if (!isDirty && !busy && !same(base, loaded) && base.version !== null && loaded.version !== base.version)
    setBase(loaded);
  useUnsaved(isDirty);
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isDirty &&
      (!spansParts || current.pathname !== next.pathname) &&
      !confirm('What you changed here is not saved. Leave all the same?'),
    enableBeforeUnload: () => isDirty,
  });

  const send = async (from: Loaded<T>) => {
    setBusy(true);
    setFailure(null);
    setErrors({});
    try {
      if (from.version === null) {
        // A record without an ETag: what someone else has changed is found by reading it again.
        const now = await reload();
        const isTheirs = (name: string) => !same(now.values[name as keyof T], from.values[name as keyof T]);
        if (Object.keys(changes).some(isTheirs)) return setConflict(now);
      }
      const saved = await save(changes, from.version, { ...from.values, ...changes });
      setBase(saved);
      setChanges({});
      setConflict(null);
      toast(savedNote ?? 'Saved');
    } catch (error) {
      if (error instanceof ApiError && error.isConflict) {
        try {
          setConflict(await reload());
        } catch (second) {
          setFailure(second);
        }
      } else {
        setFailure(error);
        if (error instanceof ApiError) setErrors(error.fields);
      }
    } finally {
      setBusy(false);
    }
  };

  return {
    values: { ...base.values, ...changes },
    set: (name, value) => {
      const { [String(name)]: _, ...rest } = errors;
      setErrors(rest);
      setChanges((before) => {
        const { [name]: __, ...others } = before;
        return same(value, base.values[name]) ? (others as Partial<T>) : { ...before, [name]: value };
      });
    },
    errors,
    isDirty,
    busy,
    failure,
    conflict,
    submit: (event) => {
      event?.preventDefault();
      if (!busy && isDirty) void send(base);
    },
    settle: (keep) => {
      if (!conflict) return;
      setConflict(null);
      if (keep === 'later') return;
      setBase(conflict);
      if (keep === 'theirs') setChanges({});
      else void send(conflict);
    },
    reset: () => {
      setChanges({});
      setErrors({});
      setFailure(null);
    },
  };
}

/** The foot of a form: its state in words, the error of the whole, save and undo. */
export function FormBar<T extends object>({
  form,
  saveLabel = 'Save',
}: {
  readonly form: RecordForm<T>;
  readonly saveLabel?: string;
}): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-3 pt-2">
      <Button look="main" type="submit" busy={form.busy} disabled={!form.isDirty}>
        {saveLabel}
      </Button>
      {form.isDirty && (
        <Button look="quiet" onClick={form.reset}>
          Undo changes
        </Button>
      )}
      <span role="status" className="text-muted">
        {form.busy ? 'Saving' : form.isDirty ? 'Not saved yet' : ''}
      </span>
      {form.failure !== null && (
        <p role="alert" className="w-full text-bad">
          {sentenceOf(form.failure)}
        </p>
      )}
    </div>
  );
}

/** Both texts of every field that two people changed. */
export function ConflictDialog<T extends object>({
  form,
  labels,
}: {
  readonly form: RecordForm<T>;
  readonly labels: Readonly<Partial<Record<keyof T, string>>>;
}): ReactNode {
  const theirs = form.conflict?.values;
  const fields = theirs
    ? (Object.keys(form.values) as (keyof T)[]).filter((name) => !same(theirs[name], form.values[name]))
    : [];
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));
  return (
    <Dialog
      open={form.conflict !== null}
      onClose={() => form.settle('later')}
      title="This was changed meanwhile"
      description="Someone saved a newer version after you opened it. Choose which text holds; nothing is lost until you do."
    >
      <dl className="flex flex-col gap-3">
        {fields.map((name) => (
          <div key={String(name)}>
            <dt className="font-medium">{labels[name] ?? String(name)}</dt>
            <dd className="grid gap-2 md:grid-cols-2">
              <Text title="Saved now" text={shown(theirs?.[name])} />
              <Text title="Yours" text={shown(form.values[name])} />
            </dd>
          </div>
        ))}
      </dl>
      <div className="flex justify-end gap-2 pt-4">
        <Button onClick={() => form.settle('theirs')}>Take the saved text</Button>
        <Button look="main" onClick={() => form.settle('mine')}>
          Save mine over it
        </Button>
      </div>
    </Dialog>
  );
}

const Text = ({ title, text }: { readonly title: string; readonly text: string | undefined }) => (
  <div className="min-w-0">
    <p className="text-small text-muted">{title}</p>
    <pre className="max-h-48 overflow-auto rounded bg-sunken p-2 font-mono text-small whitespace-pre-wrap">{text}</pre>
  </div>
);
