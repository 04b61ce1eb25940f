import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from '@/design/button.tsx';
import { count } from '@/design/format.ts';
import type { Timeline, TimelineEntry } from './call-data.ts';
import { Entry } from './entry.tsx';

const ENTRY = 56;
const END_PX = 80;
const STAYS_MS = 400;

const isAtEnd = (): boolean => scrollY + innerHeight >= document.documentElement.scrollHeight - END_PX;

/**
 * What was said and done, in step with the recording. While the call runs it follows the newest entry as long as the
 * reader is at the end; a reader further up is never moved.
 */
export function Transcript({
  timeline,
  isLive,
  atMs,
  onSeek,
  onKeep,
}: {
  readonly timeline: Timeline;
  readonly isLive: boolean;
  readonly atMs: number | null;
  readonly onSeek: (ms: number, play: boolean) => void;
  /** Keeps an answer of the agent as a test; null where the role may not. */
  readonly onKeep: ((seq: number) => void) | null;
}): ReactNode {
  const { entries } = timeline;
  const top = useRef<HTMLOListElement>(null);
  const [seen, setSeen] = useState(entries.length);
  const follows = useRef(isLive);
  const virtual = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => ENTRY,
    overscan: 10,
    getItemKey: (at) => entries[at]!.seq,
    scrollMargin: top.current?.offsetTop ?? 0,
  });
  const height = virtual.getTotalSize();
  useEffect(() => {
    let before = scrollY;
    const onScroll = () => {
      // Lines that are measured move the end away and the page down; up moves the reader alone.
      follows.current = isAtEnd() || (follows.current && scrollY >= before);
      before = scrollY;
      if (follows.current) setSeen(entries.length);
    };
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, [entries.length]);
  const toEnd = () => {
    follows.current = true;
    setSeen(entries.length);
    scrollTo({ top: document.documentElement.scrollHeight });
  };
  useEffect(() => {
    if (isLive && follows.current) toEnd();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- moves only when an entry arrives or is measured
  }, [entries.length, isLive, height]);
  const now = atMs === null ? -1 : playing(entries, atMs);
  const unseen = isLive ? entries.length - seen : 0;
  if (entries.length === 0)
    return (
      <p className="py-4 text-muted">
        {timeline.transcript_deleted_at
          ? 'What was said has been deleted.'
          : isLive
            ? 'Nothing has been said yet.'
            : 'Nothing was said.'}
      </p>
    );
  return (
    <section aria-label="Conversation">
      <h2 className="border-b border-line pb-1.5 font-medium">Conversation</h2>
      <ol ref={top} className="relative" style={{ height }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            data-seq={entries[index]!.seq}
            aria-current={index === now ? 'time' : undefined}
            className="absolute inset-x-0 top-0 border-b border-line aria-[current=time]:bg-select"
            style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
          >
            <Entry
              entry={entries[index]!}
              onSeek={onSeek}
              onKeep={onKeep && isAnswer(entries, index) ? () => onKeep(entries[index]!.seq) : null}
            />
          </li>
        ))}
      </ol>
      {unseen > 0 && (
        <div className="sticky bottom-4 flex justify-center max-md:bottom-20">
          <Button look="main" icon="down" onClick={toEnd}>
            {count(unseen, 'new line')}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Whether the agent says this after words of the caller. */
const isAnswer = (entries: readonly TimelineEntry[], at: number): boolean =>
  entries[at]!.kind === 'agent' && entries.slice(Math.max(0, at - 20), at).some(({ kind }) => kind === 'caller');

/** The last entry that has begun at this moment, if it still runs. */
function playing(entries: readonly TimelineEntry[], ms: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.start_ms <= ms) low = middle + 1;
    else high = middle;
  }
  const at = low - 1;
  return at >= 0 && ms <= Math.max(entries[at]!.end_ms, entries[at]!.start_ms + STAYS_MS) ? at : -1;
}
