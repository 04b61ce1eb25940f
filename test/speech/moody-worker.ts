// Worker thread for the watchdog's test: answers, throws or hangs as it is asked to.
import { parentPort } from 'node:worker_threads';

const SLOW_MS = 250;

parentPort!.on('message', ({ id, mood }: { id: number; mood: string }) => {
  if (mood === 'die') process.exit(3);
  if (mood === 'throw') throw new Error('the worker broke');
  while (mood === 'hang') {
    // Nothing but the watchdog ends this.
  }
  const until = performance.now() + (mood === 'slow' ? SLOW_MS : 0);
  while (performance.now() < until) {
    // It works.
  }
  parentPort!.postMessage({ id, mood });
});
