import { z } from 'zod';

// The messages of a media socket, as Twilio Media Streams has them: JSON text, audio in base64 of mu-law 8 kHz.

const Base64Audio = z.object({ payload: z.string() });

const Incoming = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connected') }),
  z.object({ event: z.literal('start'), streamSid: z.string().max(200).optional(), start: z.object({ streamSid: z.string().max(200).optional() }).optional() }),
  z.object({ event: z.literal('media'), streamSid: z.string().max(200).optional(), media: Base64Audio }),
  z.object({ event: z.literal('mark'), streamSid: z.string().max(200).optional(), mark: z.object({ name: z.string().max(200) }) }),
  z.object({ event: z.literal('dtmf'), streamSid: z.string().max(200).optional(), dtmf: z.object({ digit: z.string().regex(/^[0-9A-D*#]$/) }) }),
  z.object({ event: z.literal('stop'), streamSid: z.string().max(200).optional() }),
]);

/** Chunks up to this are taken. */
export const LONGEST_CHUNK_BYTES = 8000;

export type MediaMessage =
  | { readonly type: 'connected' | 'start' | 'stop'; readonly streamSid: string | null }
  | { readonly type: 'media'; readonly streamSid: string | null; readonly audio: Uint8Array }
  | { readonly type: 'mark'; readonly streamSid: string | null; readonly name: string }
  | { readonly type: 'dtmf'; readonly streamSid: string | null; readonly digit: string }
  /** An event that we do not know: to be ignored. */
  | { readonly type: 'unknown' };

/** @throws Error in plain words when the message cannot be understood, or its audio is longer than a second */
export function readMessage(text: string): MediaMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  const event = (json as { event?: unknown } | null)?.event;
  if (typeof event !== 'string') throw new Error('a message needs an event');
  if (!['connected', 'start', 'media', 'mark', 'dtmf', 'stop'].includes(event)) return { type: 'unknown' };
  const parsed = Incoming.safeParse(json);
  if (!parsed.success) throw new Error(`malformed ${event} message`);
  const message = parsed.data;
  const streamSid = ('streamSid' in message ? message.streamSid : undefined) ?? (message.event === 'start' ? message.start?.streamSid : undefined) ?? null;
  switch (message.event) {
    case 'media':
      return { type: 'media', streamSid, audio: audioOf(message.media.payload) };
    case 'mark':
      return { type: 'mark', streamSid, name: message.mark.name };
    case 'dtmf':
      return { type: 'dtmf', streamSid, digit: message.dtmf.digit };
    default:
      return { type: message.event, streamSid };
  }
}

function audioOf(payload: string): Uint8Array {
  if (payload.length > Math.ceil(LONGEST_CHUNK_BYTES / 3) * 4) throw new Error('an audio chunk is longer than a second');
  // A view on Node's shared pool: whoever keeps the audio must copy it.
  const audio = Buffer.from(payload, 'base64');
  if (audio.length === 0 && payload.length > 0) throw new Error('the audio is not base64');
  return audio;
}

export const mediaMessage = (streamSid: string, frame: Uint8Array): string => `{"event":"media","streamSid":${JSON.stringify(streamSid)},"media":{"payload":"${Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('base64')}"}}`;
export const markMessage = (streamSid: string, name: string): string => JSON.stringify({ event: 'mark', streamSid, mark: { name } });
export const clearMessage = (streamSid: string): string => JSON.stringify({ event: 'clear', streamSid });
