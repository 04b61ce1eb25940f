import type { FastifyReply } from 'fastify';
import { AppError } from '#core/kernel/errors.ts';
import type { Api } from './api.ts';

/** Proxies close idle connections, so a comment is sent at this interval. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Streams a reply as server-sent events: `event` and `data`, one JSON object each. A failure before the first event is
 * an
 * ordinary error reply; a later one is an error event.
 */
export async function streamReply(
  api: Api,
  reply: FastifyReply,
  requestId: string,
  run: (send: (event: string, data: object) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const gone = new AbortController();
  const { raw } = reply;
  raw.once('close', () => gone.abort());
  let begun = false;
  const write = (text: string) => {
    if (!begun) {
      begun = true;
      reply.hijack();
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
    }
    if (!gone.signal.aborted) raw.write(text);
  };
  const keepAlive = setInterval(() => begun && write(': still there\n\n'), KEEP_ALIVE_MS);
  const send = (event: string, data: object) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  try {
    await run(send, gone.signal);
  } catch (error) {
    if (!begun) throw error;
    send(
      'error',
      api.renderError(error instanceof AppError ? error : new AppError('internal', 'Internal server error'), requestId)
        .body,
    );
  } finally {
    clearInterval(keepAlive);
  }
  raw.end();
}
