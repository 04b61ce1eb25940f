/** A reply had more bytes than allowed. */
export class ReplyTooLong extends Error {
  override readonly name = 'ReplyTooLong';
}

/** The same reply with a body that fails after this many bytes; the connection is closed then. */
export function boundedReply(reply: Response, mostBytes: number): Response {
  if (!reply.body) return reply;
  let length = 0;
  const counted = reply.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        length += chunk.length;
        if (length > mostBytes) throw new ReplyTooLong(`the reply is longer than ${mostBytes} bytes`);
        controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = reply;
  return new Response(counted, { status, statusText, headers });
}
