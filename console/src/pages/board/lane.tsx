import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';
import { Status, type Tone } from '@/design/status.tsx';
import type { Card } from './board-data.ts';
import { CallCard } from './call-card.tsx';

const CARD = 132;

/** One lane: only the cards in sight are drawn. */
export function Lane({
  title,
  tone,
  none,
  cards,
  nameOf,
  isWall,
}: {
  readonly title: string;
  readonly tone: Tone;
  readonly none: string;
  readonly cards: readonly Card[];
  readonly nameOf: (agentId: string) => string;
  readonly isWall: boolean;
}): ReactNode {
  const top = useRef<HTMLUListElement>(null);
  const virtual = useWindowVirtualizer({
    count: cards.length,
    estimateSize: () => CARD,
    overscan: 6,
    getItemKey: (at) => cards[at]!.call_id,
    scrollMargin: top.current?.offsetTop ?? 0,
  });
  return (
    <section aria-label={title} className="min-w-0 pt-2 pb-4">
      <h2 className="flex items-center justify-between border-b border-line-strong pb-1.5 font-medium">
        <Status tone={tone}>{title}</Status>
        <span className="figures text-muted">{cards.length}</span>
      </h2>
      {cards.length === 0 && <p className="py-3 text-muted">{none}</p>}
      <ul ref={top} className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            data-index={index}
            ref={virtual.measureElement}
            className="absolute inset-x-0 top-0 border-b border-line"
            style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
          >
            <CallCard card={cards[index]!} agent={nameOf(cards[index]!.agent_id)} isWall={isWall} />
          </li>
        ))}
      </ul>
    </section>
  );
}
