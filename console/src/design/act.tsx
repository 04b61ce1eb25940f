import { useState, type ReactNode } from 'react';
import { sentenceOf } from './states.tsx';

export interface Act {
  readonly busy: boolean;
  readonly failure: unknown;
  /** Runs one act at a time. Resolves to false when it failed; the failure stays until the next one. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** An act of the user and what came of it. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  return {
    busy,
    failure,
    run: async (work) => {
      if (busy) return false;
      setBusy(true);
      setFailure(null);
      try {
        await work();
        return true;
      } catch (error) {
        setFailure(error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

/** The failure of an act, where it happened. */
export function Failure({ act }: { readonly act: Act }): ReactNode {
  return act.failure === null ? null : (
    <p role="alert" className="text-bad">
      {sentenceOf(act.failure)}
    </p>
  );
}
