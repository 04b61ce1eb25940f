import { useState, type FormEvent, type ReactNode } from 'react';
import { signIn } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { TextField } from '@/design/field.tsx';
import { sentenceOf } from '@/design/states.tsx';

/** `email`: the session has ended; the same user goes on where they were. */
export function SignInForm({
  email: known,
  onDone,
}: {
  readonly email?: string;
  readonly onDone?: () => void;
}): ReactNode {
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await signIn(email, password);
      onDone?.();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <TextField
        label="Email"
        type="text"
        inputMode="email"
        name="email"
        autoComplete="username"
        required
        readOnly={known !== undefined}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        autoFocus={known === undefined}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoFocus={known !== undefined}
        error={error === null ? undefined : sentenceOf(error)}
      />
      <Button look="main" type="submit" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}

export function SignInPage(): ReactNode {
  return (
    <main className="mx-auto grid min-h-dvh max-w-90 content-center gap-6 px-4 pb-24">
      <div>
        <h1 className="text-title">Trunkline</h1>
        <p className="text-muted">
          The first password of admin@localhost was printed when the server first started. Another administrator can set
          a new one.
        </p>
      </div>
      <SignInForm />
    </main>
  );
}
