// Worker thread for the watchdog's test: answers, throws or hangs as it is asked to.
import { parentPort } from 'node:worker_threads';

parentPort!.on('message', ({ id, mood }: { id: number; mood: string }) => {
  if (mood === 'die') process.exit(3);
  if (mood === 'throw') throw new Error('the worker broke');
  while (mood === 'hang') {
    // Nothing but the watchdog ends this.
  }
  parentPort!.postMessage({ id, mood });
});
