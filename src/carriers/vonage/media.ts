import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import type { MediaMessage, MediaProtocol } from '#contracts/media-protocol.ts';

const LINE_HZ = 16_000;
const OUR_HZ = 8000;
const LONGEST_BYTES = LINE_HZ * 2;

/**
 * The vendor's websocket: linear 16-bit PCM at 16 kHz in binary frames of 20 ms, both ways; `notify` comes back when
 * what was sent before it has been played. @see https://developer.vonage.com/en/voice/voice-api/concepts/websockets
 */
export class VonageMedia implements MediaProtocol {
  readonly #in = new Resampler(LINE_HZ, OUR_HZ);
  readonly #out = new Resampler(OUR_HZ, LINE_HZ);
  readonly #pcm = new Int16Array(160);

  read(data: Buffer, isBinary: boolean): MediaMessage {
    if (!isBinary) return messageOf(data.toString('utf8'));
    if (data.length > LONGEST_BYTES) throw new Error('an audio chunk is longer than a second');
    if (data.length % 2 !== 0) throw new Error('a sample of audio is cut in two');
    const pcm = new Int16Array(data.length / 2);
    for (let i = 0; i < pcm.length; i++) pcm[i] = data.readInt16LE(2 * i);
    return { type: 'media', audio: encodeMulaw(this.#in.process(pcm)) };
  }

  frame(mulaw: Uint8Array): Uint8Array {
    const pcm = this.#out.process(decodeMulaw(mulaw, this.#pcm));
    const bytes = Buffer.alloc(pcm.length * 2);
    for (let i = 0; i < pcm.length; i++) bytes.writeInt16LE(pcm[i]!, 2 * i);
    return bytes;
  }

  mark(name: string): string {
    return JSON.stringify({ action: 'notify', payload: { mark: name } });
  }

  clear(): string {
    return '{"action":"clear"}';
  }
}

function messageOf(text: string): MediaMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  if (typeof json !== 'object' || json === null) throw new Error('a message needs an event');
  const { event, digit, payload, ...parameters } = json as Record<string, unknown>;
  switch (event) {
    case 'websocket:connected':
      return {
        type: 'start',
        parameters: Object.fromEntries(
          Object.entries(parameters).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
        ),
      };
    case 'websocket:dtmf':
      if (typeof digit !== 'string' || !/^[0-9A-D*#]$/.test(digit)) throw new Error('malformed websocket:dtmf message');
      return { type: 'dtmf', digit };
    case 'websocket:notify': {
      const mark = (payload as { mark?: unknown } | null)?.mark;
      if (typeof mark !== 'string') throw new Error('malformed websocket:notify message');
      return { type: 'mark', name: mark };
    }
    default:
      return { type: 'unknown' };
  }
}
