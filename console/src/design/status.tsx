import type { ReactNode } from 'react';

export type Tone = 'agent' | 'caller' | 'person' | 'wait' | 'bad' | 'plain';

const TONES: Record<Tone, string> = {
  agent: 'text-agent',
  caller: 'text-caller',
  person: 'text-person',
  wait: 'text-wait',
  bad: 'text-bad',
  plain: 'text-muted',
};
/** Each tone has a shape as well: colour never stands alone. */
const SHAPES: Record<Tone, ReactNode> = {
  agent: <circle cx="5" cy="5" r="4" />,
  caller: <path d="M1 9V1l8 4z" />,
  person: <path d="M5 .500 9.500 5 5 9.500.500 5z" />,
  wait: <circle cx="5" cy="5" r="3.300" fill="none" stroke="currentColor" strokeWidth="1.800" />,
  bad: <path d="M1 1h8v8H1z" />,
  plain: <path d="M1 4h8v2H1z" />,
};

/** A state in words, with its colour and shape. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <svg
        width="10"
        height="10"
        viewBox="0 0 10 10"
        fill="currentColor"
        aria-hidden="true"
        className={`shrink-0 ${TONES[tone]}`}
      >
        {SHAPES[tone]}
      </svg>
      {children}
    </span>
  );
}
