import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { MediaMessage, MediaProtocol } from '#contracts/media-protocol.ts';

// The messages of a media socket, as Twilio Media Streams has them: JSON text, audio in base64 of mu-law 8 kHz.

const LONGEST_NAME = 200;
const streamSid = z.string().max(LONGEST_NAME).optional();

const Incoming = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connected') }),
  z.object({
    event: z.literal('start'),
    streamSid,
    start: z
      .object({
        streamSid,
        callSid: z.string().max(LONGEST_NAME).optional(),
        customParameters: z.record(z.string().max(LONGEST_NAME), z.string().max(LONGEST_NAME)).optional(),
      })
      .optional(),
  }),
  z.object({ event: z.literal('mark'), streamSid, mark: z.object({ name: z.string().max(LONGEST_NAME) }) }),
  z.object({ event: z.literal('dtmf'), streamSid, dtmf: z.object({ digit: z.string().regex(/^[0-9A-D*#]$/) }) }),
  z.object({ event: z.literal('stop'), streamSid }),
]);

/** Chunks up to this are taken. */
export const LONGEST_CHUNK_BYTES = 8000;

/** A message, and whose stream it is of. */
type StreamMessage = MediaMessage & { readonly streamSid: string | null };

/** @throws Error in plain words when the message cannot be understood, or its audio is longer than a second */
export function readMessage(text: string): StreamMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  const event = (json as { event?: unknown } | null)?.event;
  if (typeof event !== 'string') throw new Error('a message needs an event');
  if (event === 'media') return mediaOf(json as MediaJson);
  if (!['connected', 'start', 'mark', 'dtmf', 'stop'].includes(event)) return { type: 'unknown', streamSid: null };
  const parsed = Incoming.safeParse(json);
  if (!parsed.success) throw new Error(`malformed ${event} message`);
  const message = parsed.data;
  const streamSid =
    ('streamSid' in message ? message.streamSid : undefined) ??
    (message.event === 'start' ? message.start?.streamSid : undefined) ??
    null;
  switch (message.event) {
    case 'mark':
      return { type: 'mark', streamSid, name: message.mark.name };
    case 'dtmf':
      return { type: 'dtmf', streamSid, digit: message.dtmf.digit };
    case 'start':
      return { type: 'start', streamSid, parameters: message.start?.customParameters ?? {} };
    default:
      return { type: message.event, streamSid };
  }
}

interface MediaJson {
  readonly streamSid?: unknown;
  readonly media?: { readonly payload?: unknown; readonly track?: unknown } | null;
}

/** Fifty a second come on every call, so they are not put through a schema. */
function mediaOf({ streamSid, media }: MediaJson): StreamMessage {
  const payload = media?.payload;
  if (
    typeof payload !== 'string' ||
    (streamSid !== undefined && (typeof streamSid !== 'string' || streamSid.length > LONGEST_NAME))
  )
    throw new Error('malformed media message');
  // A stream of both tracks repeats what the agent says: only the caller's track is listened to.
  if (media?.track === 'outbound') return { type: 'unknown', streamSid: streamSid ?? null };
  return { type: 'media', streamSid: streamSid ?? null, audio: audioOf(payload) };
}

function audioOf(payload: string): Uint8Array {
  if (payload.length > Math.ceil(LONGEST_CHUNK_BYTES / 3) * 4)
    throw new Error('an audio chunk is longer than a second');
  // A view on Node's shared pool, so the receiver must copy audio that it keeps.
  const audio = Buffer.from(payload, 'base64');
  if (audio.length === 0 && payload.length > 0) throw new Error('the audio is not base64');
  return audio;
}

export const mediaMessage = (streamSid: string, frame: Uint8Array): string =>
  `{"event":"media","streamSid":${JSON.stringify(streamSid)},"media":{"payload":"${Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('base64')}"}}`;
export const markMessage = (streamSid: string, name: string): string =>
  JSON.stringify({ event: 'mark', streamSid, mark: { name } });
export const clearMessage = (streamSid: string): string => JSON.stringify({ event: 'clear', streamSid });

/**
 * A media socket with these messages. Sent messages carry the peer's stream id, or our own until the peer has sent one.
 */
export class MediaStreams implements MediaProtocol {
  #streamSid = `MZ${randomBytes(16).toString('hex')}`;

  read(data: Buffer, isBinary: boolean): MediaMessage {
    if (isBinary) throw new Error('messages are JSON text, not binary');
    const message = readMessage(data.toString('utf8'));
    if (message.streamSid !== null) this.#streamSid = message.streamSid;
    return message;
  }

  frame(mulaw: Uint8Array): string {
    return mediaMessage(this.#streamSid, mulaw);
  }

  mark(name: string): string {
    return markMessage(this.#streamSid, name);
  }

  clear(): string {
    return clearMessage(this.#streamSid);
  }
}
