import { useEffect, useRef, type ReactNode } from 'react';
import { useAddress } from './address.ts';

/** The parts of a page, one at a time; which one is in the address. */
export function Tabs({
  label,
  parts,
}: {
  readonly label: string;
  readonly parts: readonly (readonly [key: string, title: string])[];
}): ReactNode {
  const [search, setSearch] = useAddress();
  const chosen = search['part'] ?? parts[0]![0];
  const nav = useRef<HTMLElement>(null);
  // On a phone the chosen part may stand beyond the edge.
  useEffect(() => {
    const show = () =>
      nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    show();
    addEventListener('resize', show);
    return () => removeEventListener('resize', show);
  }, [chosen]);
  return (
    <nav ref={nav} aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line px-6 max-md:px-4">
      {parts.map(([key, title]) => (
        <button
          key={key}
          type="button"
          aria-current={key === chosen ? 'page' : undefined}
          onClick={() => setSearch({ part: key }, { step: true })}
          className={`-mb-px min-h-9 scroll-mx-4 border-b-2 px-2 whitespace-nowrap max-md:min-h-11 ${key === chosen ? 'border-act font-medium' : 'border-transparent text-muted hover:text-ink'}`}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}

/** The part in the address, or the first one. */
export function usePart(first: string): string {
  const [search] = useAddress();
  return search['part'] ?? first;
}
