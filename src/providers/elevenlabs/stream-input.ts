import { WebSocket } from 'ws';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import type { Failure } from '#engine/contracts/failure.ts';
import type { SpeechPart, SpeechRequest, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { errorPart, jsonObject, refusal, vendorWork } from '../kit/http.ts';

const MODEL = 'eleven_flash_v2_5';
/** The default voice for unknown voice ids. */
const VOICE = '21m00Tcm4TlvDq8ikWAM';
const HANDSHAKE_MS = 4000;

export const isVoiceId = (voiceId: string): boolean => /^[A-Za-z0-9]{20}$/.test(voiceId);

interface Message {
  readonly audio?: string | null;
  readonly isFinal?: boolean | null;
  readonly error?: string;
  readonly message?: string;
}

/** What it says on an open socket about a request that it does not take, or a key. */
function refused(code: string, message = code): Failure {
  const fault = /api_key|auth|permission/.test(code)
    ? 'key'
    : /voice|model|text|input|invalid/.test(code)
      ? 'request'
      : null;
  return { type: 'error', message, ...(fault === null ? {} : { fault }) };
}

const voiceSettings = ({ stability, similarityBoost }: NonNullable<SpeechRequest['settings']>) => ({
  ...(stability === undefined ? {} : { stability }),
  ...(similarityBoost === undefined ? {} : { similarity_boost: similarityBoost }),
});

/** A clause at a time over a socket of its own, mu-law as the line wants it. @see https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input */
export class StreamInputVoice implements TextToSpeech {
  readonly id = 'elevenlabs';
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(baseUrl: string, apiKey: string | null) {
    this.#baseUrl = baseUrl.replace(/^http/, 'ws');
    this.#headers = apiKey === null ? {} : { 'xi-api-key': apiKey };
  }

  synthesize(
    { text, voiceId, settings, working }: SpeechRequest,
    onPart: (part: SpeechPart) => void,
  ): { abort(): void } {
    const voice = isVoiceId(voiceId) ? voiceId : VOICE;
    const socket = new WebSocket(
      `${this.#baseUrl}/v1/text-to-speech/${voice}/stream-input?model_id=${MODEL}&output_format=ulaw_8000&auto_mode=true`,
      { headers: this.#headers, handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false },
    );
    const ready = vendorWork(working);
    let over = false;
    const finish = (part: SpeechPart) => {
      if (over) return;
      over = true;
      ready();
      socket.terminate();
      onPart(part);
    };
    socket.on('open', () => {
      socket.send(JSON.stringify({ text: ' ', ...(settings ? { voice_settings: voiceSettings(settings) } : {}) }));
      socket.send(JSON.stringify({ text: `${text} `, flush: true }));
      socket.send(JSON.stringify({ text: '' }));
    });
    socket.on('message', (data: Buffer) => {
      if (over) return;
      const message = jsonObject<Message>(data.toString('utf8'));
      if (!message) return finish({ type: 'error', message: 'sent what is no JSON' });
      if (message.error !== undefined) return finish(refused(message.error, message.message));
      if (message.audio)
        onPart({ type: 'audio', pcm: decodeMulaw(Buffer.from(message.audio, 'base64')), sampleRateHz: 8000 });
      if (message.isFinal) finish({ type: 'done' });
    });
    socket.on('unexpected-response', (_request, reply) => {
      reply.resume();
      const status = reply.statusCode ?? 0;
      finish(errorPart(refusal(status, '', reply.headers['retry-after'])));
    });
    socket.on('error', (error) => finish({ type: 'error', message: error.message }));
    socket.on('close', (code) => finish({ type: 'error', message: `closed the connection (${code})` }));
    return {
      abort: () => {
        over = true;
        ready();
        socket.terminate();
      },
    };
  }
}
