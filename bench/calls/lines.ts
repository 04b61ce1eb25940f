// How the other end of each carrier's media socket speaks.
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import type { Script } from './script.ts';

/** What callers send, frame by frame: silence until they begin, then the script. */
export interface Spoken {
  readonly silence: string | Buffer;
  readonly frames: readonly (string | Buffer)[];
}

/** How the other end of one carrier's media socket speaks. */
export interface LineCodec {
  readonly webhook: string;
  announcement(id: string, to: string): string;
  /** The address in the answer. */
  mediaIn(answer: string): string;
  readonly start: string;
  readonly stop: string | null;
  messages(frames: Script['frames']): readonly (string | Buffer)[];
  /** What a message is, and the name of a mark. */
  read(data: Buffer, isBinary: boolean): 'media' | 'clear' | { readonly mark: string };
  mark(name: string): string;
}

const streams = {
  start: '{"event":"start","streamSid":"MB"}',
  stop: '{"event":"stop","streamSid":"MB"}',
  messages: (frames: Script['frames']) =>
    frames.map(
      (frame) =>
        `{"event":"media","streamSid":"MB","media":{"payload":"${Buffer.from(encodeMulaw(frame)).toString('base64')}"}}`,
    ),
  read: (data: Buffer): 'media' | 'clear' | { mark: string } => {
    // The event stands first: {"event":"media…
    const event = data.toString('latin1', 10, 12);
    if (event === 'me') return 'media';
    return event === 'cl'
      ? 'clear'
      : { mark: (JSON.parse(data.toString('utf8')) as { mark: { name: string } }).mark.name };
  },
  mark: (name: string) => `{"event":"mark","streamSid":"MB","mark":{"name":"${name}"}}`,
};

/** By the carriers' names; `web` is a browser's. */
export const LINES: Readonly<Record<'web' | 'twilio' | 'vonage' | 'generic', LineCodec>> = {
  web: { webhook: '', announcement: () => '', mediaIn: () => '', ...streams },
  twilio: {
    webhook: 'twilio',
    announcement: (id, to) =>
      new URLSearchParams({ CallSid: id, CallStatus: 'ringing', From: '+4930123456', To: to }).toString(),
    mediaIn: (twiml) => /url="([^"]+)"/.exec(twiml)![1]!.replaceAll('&amp;', '&'),
    ...streams,
  },
  generic: {
    webhook: 'generic',
    announcement: (id, to) =>
      JSON.stringify({ event_type: 'call.started', call_id: id, data: { from: '+4930123456', to } }),
    mediaIn: (answer) => (JSON.parse(answer) as { media_url: string }).media_url,
    ...streams,
  },
  vonage: {
    webhook: 'vonage',
    announcement: (id, to) => JSON.stringify({ uuid: id, status: 'ringing', from: '4930123456', to }),
    mediaIn: (ncco) => (JSON.parse(ncco) as { endpoint: { uri: string }[] }[])[0]!.endpoint[0]!.uri,
    start: '{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}',
    stop: null,
    messages: (frames) => {
      const up = new Resampler(8000, 16_000);
      return frames.map((frame) => Buffer.from(up.process(frame).slice().buffer));
    },
    read: (data, isBinary) => {
      if (isBinary) return 'media';
      const { action, payload } = JSON.parse(data.toString('utf8')) as { action: string; payload?: { mark: string } };
      return action === 'clear' ? 'clear' : { mark: payload!.mark };
    },
    mark: (name) => `{"event":"websocket:notify","payload":{"mark":"${name}"}}`,
  },
};

/** A script as this line sends it. */
export function spokenOver(line: keyof typeof LINES, { frames }: Script): Spoken {
  const [silence] = LINES[line].messages([new Int16Array(frames[0]!.length)]);
  return { silence: silence!, frames: LINES[line].messages(frames) };
}
