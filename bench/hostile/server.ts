// A whole server in a process of its own, which tells how long its event loop stood still.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startServer } from '../../test/support/server.ts';

export type ToServer = 'begin' | 'end' | 'stop';
export type FromServer =
  | { readonly tell: 'ready'; readonly url: string; readonly key: string }
  | { readonly tell: 'delay'; readonly maxMs: number; readonly p99Ms: number };

const RESOLUTION_MS = 5;

const server = await startServer();
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const tell = (message: FromServer) => process.send!(message);
// What the histogram shows of a loop that is never late.
const late = (ns: number) => Math.max(0, Math.round(ns / 1e6 - RESOLUTION_MS));

process.on('message', (message: ToServer) => {
  if (message === 'begin') {
    loop.reset();
    loop.enable();
  } else if (message === 'end') {
    loop.disable();
    tell({ tell: 'delay', maxMs: late(loop.max), p99Ms: late(loop.percentile(99)) });
  } else void server.close().then(() => process.exit(0));
});
tell({ tell: 'ready', url: server.url, key: server.key });
