import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { timeOfDay } from '@/design/format.ts';
import { Page } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { Button } from '@/design/button.tsx';
import { useEvents, type LiveEvent } from '@/live/event-socket.ts';
import { useNow, secondsSince } from '@/live/now.ts';
import { readAgain } from '@/live/read-again.ts';
import { useThrottled } from '@/live/throttled.ts';
import { useAgentNames } from './agent-names.ts';
import { duration } from '@/design/format.ts';
import { LANES, type Card } from './board/board-data.ts';
import { Lane } from './board/lane.tsx';

const KEY = ['calls', 'board'];
const POLL_MS = 3000;
const STALE_MS = 10_000;

/** Everything that runs now. Words come by events; where a call stands is read again at least every few seconds. */
export function BoardPage(): ReactNode {
  const [search, setSearch] = useAddress();
  const board = useBoard();
  const { cards } = board;
  const agents = useAgentNames(cards.map((card) => card.agent_id));
  const isWall = search['wall'] !== undefined;
  const only = search['lane'];
  const shown = LANES.filter(({ lane }) => only === undefined || lane === only);
  return (
    <Page
      title="Live board"
      note={<AsOf at={board.dataUpdatedAt} />}
      actions={
        <>
          {only && <Button onClick={() => setSearch({ lane: '' })}>All lanes</Button>}
          <Button look="quiet" onClick={() => setSearch({ wall: isWall ? '' : '1' })}>
            {isWall ? 'Leave wall mode' : 'Wall mode'}
          </Button>
        </>
      }
    >
      {board.isPending ? (
        <Loading />
      ) : board.isError && !board.data ? (
        <Failed error={board.error} retry={() => void board.refetch()} />
      ) : (
        <div className={isWall ? 'text-lead' : ''}>
          <Numbers cards={cards} isWall={isWall} />
          {cards.length === 0 && !only ? (
            <Empty title="No call runs">
              Calls appear here the moment they ring.{' '}
              <Link to="/app/start" className="underline underline-offset-2">
                Place one
              </Link>{' '}
              to see it.
            </Empty>
          ) : (
            <div
              className={`grid items-start gap-x-6 px-6 pb-8 max-md:px-4 ${only ? 'grid-cols-1' : 'md:grid-cols-2 lg:grid-cols-4'}`}
            >
              {shown.map((lane) => (
                <Lane
                  key={lane.lane}
                  {...lane}
                  cards={cards.filter((card) => card.lane === lane.lane)}
                  nameOf={agents.nameOf}
                  isWall={isWall}
                />
              ))}
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function useBoard() {
  const queries = useQueryClient();
  const again = useThrottled(() => void readAgain(queries, KEY), 500);
  const [heard, setHeard] = useState<Heard>(new Map());
  useEvents(
    (events) => {
      const said = events.filter(({ type }) => type === 'message.sent' || type === 'message.received');
      if (said.length > 0) setHeard((before) => withWords(before, said));
      if (said.length < events.length) again();
    },
    () => again(),
  );
  const board = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api('GET /api/calls/board', {}, { signal }),
    refetchInterval: POLL_MS,
    refetchIntervalInBackground: true,
  });
  const { data } = board;
  useEffect(() => {
    const calls = new Map(data?.data.calls.map((card) => [card.call_id, card]));
    setHeard((before) => new Map([...before].filter(([call, event]) => isNewer(event, calls.get(call)))));
  }, [data]);
  return { ...board, cards: data?.data.calls.map((card) => withLast(card, heard.get(card.call_id))) ?? [] };
}

/** The last words of each call that came by events: they stand beside the board, whose readings are timed by its query. */
type Heard = ReadonlyMap<string, LiveEvent>;

function withWords(before: Heard, said: readonly LiveEvent[]): Heard {
  const heard = new Map(before);
  for (const event of said) {
    const call = String(event.data['call_id']);
    const known = heard.get(call);
    // After a gap, events come again.
    if (!known || known.timestamp <= event.timestamp) heard.set(call, event);
  }
  return heard;
}

/** Whether these words came after those that the reading has. */
const isNewer = (event: LiveEvent, card: Card | undefined): boolean =>
  card !== undefined && (card.last === null || event.timestamp > card.last.at);

/** Words on our side that no AI agent said are a human agent's. */
function speakerOf({ type, data }: LiveEvent): 'caller' | 'agent' | 'human' {
  if (type === 'message.received') return 'caller';
  return data['agent_id'] === null ? 'human' : 'agent';
}

const withLast = (card: Card, event: LiveEvent | undefined): Card =>
  event && isNewer(event, card)
    ? { ...card, last: { speaker: speakerOf(event), text: String(event.data['message']), at: event.timestamp } }
    : card;

/** Says how old the board is once it is older than it should be. */
function AsOf({ at }: { readonly at: number }): ReactNode {
  const now = useNow();
  return at > 0 && now - at > STALE_MS ? (
    <span role="status" className="text-wait">
      As of {timeOfDay(at)}
    </span>
  ) : null;
}

/** Each number opens the list that it counts. */
function Numbers({ cards, isWall }: { readonly cards: readonly Card[]; readonly isWall: boolean }): ReactNode {
  const now = useNow();
  const waits = cards.flatMap(({ waiting_since: since }) => (since ? [secondsSince(since, now)] : []));
  const worst = Math.max(0, ...cards.map(({ worst_latency_ms: ms }) => ms ?? 0));
  return (
    <dl className="flex flex-wrap gap-x-10 gap-y-3 px-6 pt-1 pb-5 max-md:gap-x-6 max-md:px-4">
      {LANES.map(({ lane, title }) => (
        <div key={lane} className="flex flex-col">
          <dt className="text-muted">{title}</dt>
          <dd className={`figures ${isWall ? 'text-[56px] leading-none' : 'text-figure'}`}>
            <Link
              to="/app/board"
              search={{ lane, ...(isWall ? { wall: '1' } : {}) } as never}
              className="underline decoration-line-strong decoration-1 underline-offset-4 hover:decoration-current"
              aria-label={`${title}: ${cards.filter((card) => card.lane === lane).length}`}
            >
              {cards.filter((card) => card.lane === lane).length}
            </Link>
          </dd>
        </div>
      ))}
      <div className="flex flex-col">
        <dt className="text-muted">Longest wait</dt>
        <dd className={`figures ${isWall ? 'text-[56px] leading-none' : 'text-figure'}`}>
          {waits.length === 0 ? '–' : duration(Math.max(...waits))}
        </dd>
      </div>
      <div className="flex flex-col">
        <dt className="text-muted">Slowest answer</dt>
        <dd className={`figures ${isWall ? 'text-[56px] leading-none' : 'text-figure'}`}>
          {worst === 0 ? '–' : `${(worst / 1000).toFixed(1)} s`}
        </dd>
      </div>
    </dl>
  );
}
