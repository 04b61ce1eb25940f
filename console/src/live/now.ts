import { useSyncExternalStore } from 'react';

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function watch(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, a second at a time: one timer for every duration in sight. */
export const useNow = (): number => useSyncExternalStore(watch, () => now);

export const secondsSince = (instant: string, at: number): number =>
  Math.max(0, (at - new Date(instant).getTime()) / 1000);
