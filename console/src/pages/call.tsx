import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { useAddress } from '@/design/address.ts';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Page } from '@/design/page.tsx';
import { Opening } from '@/design/states.tsx';
import { useEvents } from '@/live/event-socket.ts';
import { readAgain } from '@/live/read-again.ts';
import { CallActs } from './call/acts.tsx';
import type { Timeline } from './call/call-data.ts';
import { Facts } from './call/facts.tsx';
import { KeepAsTest } from './call/keep-as-test.tsx';
import { Recording, usePeaks } from './call/recording.tsx';
import { Transcript } from './call/transcript.tsx';

const LIVE_MS = 3000;
const isLive = (status: string | undefined): boolean =>
  status === 'initiated' || status === 'ringing' || status === 'in_progress';

/** One call on one clock, while it runs and afterwards. */
export function CallPage(): ReactNode {
  const { call: id } = useParams({ strict: false }) as { call: string };
  // Another call is another page: nothing of the former one stays.
  return <OneCall key={id} id={id} />;
}

function OneCall({ id }: { readonly id: string }): ReactNode {
  const call = useQuery({
    queryKey: ['calls', 'one', id],
    queryFn: ({ signal }) => api('GET /api/calls/:call_id', { params: { call_id: id } }, { signal }),
    refetchInterval: ({ state }) => (isLive(state.data?.data.status) ? LIVE_MS : false),
    select: ({ data }) => data,
  });
  const live = isLive(call.data?.status);
  const peaks = usePeaks(call.data);
  const timeline = useTimeline(id, live);
  const audio = useRef<HTMLAudioElement>(null);
  const [search] = useAddress();
  const [atMs, setAtMs] = useState<number | null>(null);
  const user = useUser();
  const [keeping, setKeeping] = useState<number | null>(null);
  const seek = (ms: number, play: boolean) => {
    const player = audio.current;
    if (!player) return;
    player.currentTime = Math.max(0, ms / 1000);
    if (play) void player.play();
  };
  if (!call.data || !timeline.data) {
    const retry = () => void Promise.all([call.refetch(), timeline.refetch()]);
    return <Opening title="Call" error={call.error ?? timeline.error} retry={retry} />;
  }
  const { data } = call;
  const moment = Number(search['t']);
  return (
    <Page
      title={data.phone_number ?? 'Browser call'}
      actions={
        <>
          {live && <CallActs call={data} sessionId={timeline.data.session_id} />}
          <CopyCurl operation="GET /api/calls/:call_id/timeline" input={{ params: { call_id: id } }} />
        </>
      }
    >
      <div className="grid gap-x-8 px-6 pb-10 max-md:px-4 lg:grid-cols-[minmax(0,1fr)_300px]">
        <div className="min-w-0">
          <Recording
            call={data}
            timeline={timeline.data}
            peaks={peaks}
            audio={audio}
            onTime={setAtMs}
            onSeek={seek}
            startMs={Number.isFinite(moment) && search['t'] !== undefined ? moment * 1000 : null}
          />
          <Transcript
            timeline={timeline.data}
            isLive={live}
            atMs={atMs}
            onSeek={seek}
            onKeep={may(user, 'manage-agents') ? setKeeping : null}
          />
          {keeping !== null && <KeepAsTest call={data} seq={keeping} onClose={() => setKeeping(null)} />}
        </div>
        <Facts call={data} timeline={timeline.data} isLive={live} />
      </div>
    </Page>
  );
}

/** Times as the player shows them: from the first sample of the recording on, where there is one. */
function onRecordingsClock(timeline: Timeline): Timeline {
  const { recording_offset_ms: offset, entries } = timeline;
  return {
    ...timeline,
    entries: entries.map((entry) => ({
      ...entry,
      start_ms: Math.max(0, entry.start_ms - offset),
      end_ms: Math.max(0, entry.end_ms - offset),
    })),
  };
}

/** The timeline of a call: while it runs only what is new is read. */
function useTimeline(id: string, live: boolean) {
  const queries = useQueryClient();
  const key = ['calls', 'timeline', id];
  const again = () => {
    void readAgain(queries, key);
    void readAgain(queries, ['calls', 'one', id]);
  };
  useEvents((events) => {
    const known = queries.getQueryData<Timeline>(key)?.call_id;
    if (known !== undefined && events.some(({ data }) => data['call_id'] === known)) again();
  }, again);
  const query = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<Timeline>(key);
      const after = before?.entries.at(-1)?.seq;
      const { data } = await api(
        'GET /api/calls/:call_id/timeline',
        { params: { call_id: id }, query: after === undefined ? {} : { after: String(after) } },
        { signal },
      );
      return before && after !== undefined && data.transcript_deleted_at === null
        ? { ...data, entries: [...before.entries, ...data.entries] }
        : data;
    },
    refetchInterval: live ? LIVE_MS : false,
    select: onRecordingsClock,
  });
  // The last words of a call may be stored after the event of its end.
  const wasLive = useRef(live);
  useEffect(() => {
    if (wasLive.current && !live) void queries.invalidateQueries({ queryKey: ['calls', 'timeline', id] });
    wasLive.current = live;
  }, [live, queries, id]);
  return query;
}
