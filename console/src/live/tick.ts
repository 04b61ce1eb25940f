import { useEffect, useRef } from 'react';
import worker from './tick-worker.js?url';

/** Calls `act` every few seconds, also while the tab sleeps. */
export function useTick(act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const ticking = new Worker(worker);
    ticking.addEventListener('message', () => latest.current());
    return () => ticking.terminate();
  }, []);
}
