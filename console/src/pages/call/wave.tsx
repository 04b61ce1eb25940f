import { useEffect, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import type { ReplyOf } from '@/api/client.ts';
import { colourOf, onNewColours } from '@/design/colours.ts';
import { moment } from '@/design/format.ts';
import type { TimelineEntry } from './call-data.ts';

type Peaks = ReplyOf<'GET /api/calls/:call_id/peaks'>['data'];

const HEIGHT = 120;
const SLOW_MS = 1500;
const STEP_MS = 5000;

/** Two lanes on the clock of the call: the caller above, the agent below; slow answers and interruptions are marked. */
export function Wave({
  peaks,
  entries,
  atMs,
  onSeek,
}: {
  readonly peaks: Peaks;
  readonly entries: readonly TimelineEntry[];
  readonly atMs: number;
  readonly onSeek: (ms: number) => void;
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const totalMs = Math.max(1, peaks.caller.length * peaks.ms_per_point);
  useEffect(() => {
    const draw = () => paint(canvas.current!, peaks, entries, totalMs);
    draw();
    const resized = new ResizeObserver(draw);
    resized.observe(canvas.current!);
    const stop = onNewColours(draw);
    return () => {
      resized.disconnect();
      stop();
    };
  }, [peaks, entries, totalMs]);
  const share = Math.min(1, Math.max(0, atMs / totalMs));
  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(((event.clientX - box.left) / box.width) * totalMs);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: STEP_MS, ArrowLeft: -STEP_MS }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onSeek(Math.min(totalMs, Math.max(0, atMs + by)));
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Moment of the call"
      aria-valuemin={0}
      aria-valuemax={Math.round(totalMs / 1000)}
      aria-valuenow={Math.round((share * totalMs) / 1000)}
      aria-valuetext={moment(share * totalMs)}
      onClick={onClick}
      onKeyDown={onKeyDown}
      className="relative cursor-pointer rounded bg-sunken"
      style={{ height: HEIGHT }}
    >
      <canvas ref={canvas} className="block size-full" />
      <div ref={head} className="absolute inset-y-0 w-px bg-ink" style={{ left: `${share * 100}%` }} />
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, peaks: Peaks, entries: readonly TimelineEntry[], totalMs: number): void {
  const ratio = devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, canvas.clientWidth * ratio));
  const height = (canvas.height = HEIGHT * ratio);
  const draw = canvas.getContext('2d')!;
  const middle = height / 2;
  const steps = peaks.caller.length;
  draw.clearRect(0, 0, width, height);
  draw.fillStyle = colourOf('line');
  draw.fillRect(0, middle, width, ratio);
  for (const [lane, name, sign] of [
    [peaks.caller, 'caller', -1],
    [peaks.agent, 'agent', 1],
  ] as const) {
    draw.fillStyle = colourOf(name);
    for (let x = 0; x < width; x++) {
      const from = Math.floor((x / width) * steps);
      const to = Math.max(from + 1, Math.floor(((x + 1) / width) * steps));
      let loud = 0;
      for (let step = from; step < to && step < steps; step++) loud = Math.max(loud, lane[step]!);
      const tall = (loud / 100) * (middle - 2 * ratio);
      draw.fillRect(x, sign < 0 ? middle - tall : middle, 1, tall);
    }
  }
  const at = (ms: number) => (ms / totalMs) * width;
  for (const { start_ms: start, end_ms: end, latency, interrupted } of entries) {
    if (latency && latency.total_ms >= SLOW_MS) {
      draw.fillStyle = colourOf('wait');
      draw.fillRect(at(start - latency.total_ms), middle - ratio, (latency.total_ms / totalMs) * width, 3 * ratio);
    }
    if (interrupted) {
      draw.fillStyle = colourOf('bad');
      draw.fillRect(at(end), 0, 2 * ratio, height);
    }
  }
}
