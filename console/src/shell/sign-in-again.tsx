import { useQueryClient } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { Dialog } from '@/design/dialog.tsx';
import { SignInForm } from './sign-in.tsx';

/** Over the page when the session has ended. It cannot be closed: nothing behind it would work. */
export function SignInAgain({ email }: { readonly email: string }): ReactNode {
  const queries = useQueryClient();
  // What could not be read without a session is read when there is one.
  useEffect(
    () => () => void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' }),
    [queries],
  );
  return (
    <Dialog
      open
      onClose={() => undefined}
      title="Your session has ended"
      description="Sign in again: this page and what you typed stay as they are."
    >
      <SignInForm email={email} />
    </Dialog>
  );
}
