import type { ReactNode } from 'react';
import { curlOf, type InputOf, type OperationName } from '@/api/client.ts';
import { Button, IconButton } from './button.tsx';
import { toast } from './toast.ts';

/** Copies the request behind what is shown: whatever the console can do, a client can. */
export function CopyCurl<O extends OperationName>({
  operation,
  input,
  words,
}: {
  readonly operation: O;
  readonly input: InputOf<O>;
  /** Written beside the icon, where no other button explains it. */
  readonly words?: string;
}): ReactNode {
  const copy = async () => {
    await navigator.clipboard.writeText(curlOf(operation, input));
    toast('Copied as curl', 'Set TRUNKLINE_API_KEY to an API key and paste it in a terminal.');
  };
  if (words)
    return (
      <Button icon="copy" onClick={() => void copy()}>
        {words}
      </Button>
    );
  return <IconButton name="Copy as curl" icon="copy" onClick={() => void copy()} />;
}
