import type { WallClock } from '#core/kernel/wall-clock.ts';

/** The time of day that goes on steadily from now on, so that durations survive a jump of the wall clock. */
export function steadyClock(wall: WallClock): WallClock {
  const startedAt = wall.now().getTime();
  const startedMs = performance.now();
  return { now: () => new Date(startedAt + performance.now() - startedMs) };
}
