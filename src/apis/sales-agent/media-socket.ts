import { z } from 'zod';
import { asyncApiOf, type AsyncApi } from '../kit/asyncapi.ts';

// The messages of the media socket, described: `src/edge/media-messages.ts` reads and writes them.

const SILENCE = '/////w==';
const streamSid = z.string().max(200).meta({ example: 'MZ0123456789abcdef0123456789abcdef' });
const payload = z.string().meta({ example: SILENCE, description: 'Base64 of mu-law, 8 kHz, one channel' });
const mark = z.object({ name: z.string().max(200).meta({ example: 'clause-1' }) });
const parameters = z.record(z.string(), z.string()).optional();

const ToClient = {
  media: z.object({ event: z.literal('media'), streamSid, media: z.object({ payload }) }),
  mark: z.object({ event: z.literal('mark'), streamSid, mark }),
  clear: z.object({ event: z.literal('clear'), streamSid }),
};

const FromClient = {
  connected: z.object({ event: z.literal('connected') }),
  start: z.object({
    event: z.literal('start'),
    streamSid: streamSid.optional(),
    start: z.object({ streamSid: streamSid.optional(), customParameters: parameters }).optional(),
  }),
  media: z.object({ event: z.literal('media'), streamSid: streamSid.optional(), media: z.object({ payload }) }),
  mark: z.object({ event: z.literal('mark'), streamSid: streamSid.optional(), mark }),
  dtmf: z.object({
    event: z.literal('dtmf'),
    streamSid: streamSid.optional(),
    dtmf: z.object({ digit: z.string().regex(/^[0-9A-D*#]$/) }),
  }),
  stop: z.object({ event: z.literal('stop'), streamSid: streamSid.optional() }),
};

/** The media socket as AsyncAPI 3.0. */
export const asyncApi = (version: string): AsyncApi =>
  asyncApiOf(
    {
      title: 'AI SDR Agent: media socket',
      version,
      description: [
        'The audio of one call, both ways, in the messages of Twilio Media Streams.',
        '`websocket_url` of a web call or of an accepted offer opens it; so does `?call_sid=` with a credential.',
        'Chunks may be up to a second long; 20 ms are sent.',
        'What was sent and not played is dropped at `clear`.',
        'A `mark` is to be returned when all audio before it has been played.',
        'A socket that is lost without `stop` may be opened again for 10 seconds.',
      ].join(' '),
    },
    { media: { address: '/voice/websocket', description: 'Audio of a call', sent: ToClient, received: FromClient } },
  );
