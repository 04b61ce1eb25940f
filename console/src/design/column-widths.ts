import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';

interface Measured {
  readonly of: string;
  readonly widths: readonly number[];
}

/**
 * The widths that the columns of a table have with its first rows, in pixels; null until they are known. With them the
 * rows that come into sight neither move the columns nor make the browser measure every cell again.
 */
export function useColumnWidths(
  parent: RefObject<HTMLElement | null>,
  isWanted: boolean,
  /** What is listed: another list is measured anew. */
  of: string,
): readonly number[] | null {
  const [measured, setMeasured] = useState<Measured | null>(null);
  const isKnown = measured?.of === of;
  useLayoutEffect(() => {
    if (!isWanted || isKnown) return;
    const heads = [...(parent.current?.querySelectorAll('th') ?? [])];
    if (heads.length > 0) setMeasured({ of, widths: heads.map((head) => head.getBoundingClientRect().width) });
  }, [parent, isWanted, isKnown, of]);
  useEffect(() => {
    const forget = () => setMeasured(null);
    addEventListener('resize', forget);
    return () => removeEventListener('resize', forget);
  }, []);
  return isWanted && isKnown ? measured.widths : null;
}
