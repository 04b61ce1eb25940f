import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode, type RefObject } from 'react';
import { api } from '@/api/client.ts';
import { ApiError } from '@/api/errors.ts';
import type { Call, Timeline } from './call-data.ts';
import { useRenewedAudio } from './renewed-audio.ts';
import { Wave } from './wave.tsx';

const POINTS = '4000';
const AGAIN_MS = 2000;
/** The recording is rendered soon after the end; a page that waits longer stops asking. */
const MOST_TRIES = 30;

const isWanted = (call: Call): boolean =>
  call.ended_at !== null && call.settings.recording && call.answered_at !== null;

/** The peaks of a call's recording, asked for as soon as the call is known. */
export const usePeaks = (call: Call | undefined) =>
  useQuery({
    queryKey: ['calls', 'peaks', call?.call_id],
    queryFn: ({ signal }) =>
      api(
        'GET /api/calls/:call_id/peaks',
        { params: { call_id: call!.call_id }, query: { points: POINTS } },
        { signal },
      ),
    select: ({ data }) => data,
    enabled: call !== undefined && isWanted(call),
    staleTime: Infinity,
    retry: (tries, error) => error instanceof ApiError && error.status === 503 && tries < MOST_TRIES,
    retryDelay: AGAIN_MS,
  });

/** The recording: the player streams ranges from the server, and the wave is drawn from its peaks. */
export function Recording({
  call,
  timeline,
  peaks,
  audio,
  onTime,
  onSeek,
  startMs,
}: {
  readonly call: Call;
  readonly timeline: Timeline;
  readonly peaks: ReturnType<typeof usePeaks>;
  readonly audio: RefObject<HTMLAudioElement | null>;
  readonly onTime: (ms: number | null) => void;
  readonly onSeek: (ms: number, play: boolean) => void;
  readonly startMs: number | null;
}): ReactNode {
  const [atMs, setAtMs] = useState(0);
  const isReady = peaks.data !== undefined && peaks.data.caller.length > 0;
  useEffect(() => {
    const player = audio.current;
    if (!player || !isReady) return;
    let frame = 0;
    const tell = () => {
      const ms = player.currentTime * 1000;
      setAtMs(ms);
      onTime(ms);
      if (!player.paused) frame = requestAnimationFrame(tell);
    };
    const begin = () => {
      if (startMs !== null) player.currentTime = startMs / 1000;
    };
    player.addEventListener('play', tell);
    player.addEventListener('seeked', tell);
    player.addEventListener('loadedmetadata', begin);
    if (player.readyState > 0) begin();
    return () => {
      cancelAnimationFrame(frame);
      player.removeEventListener('play', tell);
      player.removeEventListener('seeked', tell);
      player.removeEventListener('loadedmetadata', begin);
    };
  }, [audio, isReady, onTime, startMs]);
  useRenewedAudio(audio, isReady);

  if (!isReady) return <p className="pb-4 text-muted">{missing(call, timeline, isWanted(call) && peaks.isFetching)}</p>;
  const address = `/app/recordings/${call.twilio_call_sid}`;
  return (
    <section aria-label="Recording" className="pb-4">
      <Wave peaks={peaks.data} entries={timeline.entries} atMs={atMs} onSeek={(ms) => onSeek(ms, false)} />
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- the transcript below is the caption */}
      <audio ref={audio} controls preload="metadata" src={`${address}.wav`} className="mt-2 h-9 w-full" />
      {timeline.recording_failure && (
        <p className="pt-1 text-wait">The recording is not whole: {timeline.recording_failure}.</p>
      )}
      <p className="flex gap-4 pt-1 text-small text-muted">
        <span className="text-caller">▲ Caller</span>
        <span className="text-agent">▼ Agent, as the caller heard it</span>
        <a href={`${address}.wav`} download className="ml-auto underline underline-offset-2">
          WAV
        </a>
        <a href={`${address}.mp3`} download className="underline underline-offset-2">
          MP3
        </a>
      </p>
    </section>
  );
}

function missing(call: Call, timeline: Timeline, isComing: boolean): string {
  if (timeline.recording_failure) return `There is no recording: ${timeline.recording_failure}.`;
  if (!call.settings.recording) return 'This call is not recorded.';
  if (call.ended_at === null) return 'The recording can be heard when the call has ended.';
  if (call.answered_at === null) return 'The call was not answered: there is no recording.';
  return isComing ? 'The recording is being made.' : 'There is no recording of this call.';
}
