import { WebSocket } from 'ws';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import type { Failure } from '#engine/contracts/failure.ts';
import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { errorPart, jsonObject, refusal } from '../kit/http.ts';

const MODEL = 'nova-3';
const HANDSHAKE_MS = 4000;
/** How long the requested final of an utterance is awaited. */
const FINAL_MS = 1200;
const LAST_MS = 300;
/** A socket that is closed sooner after it was opened is refused, not interrupted. */
const WELL_AFTER_MS = 500;
/** Audio that is kept while the connection is being made: three seconds. */
const MOST_WAITING = 150;
const MOST_KEYTERMS = 50;

/** Live recognition over a socket for each call; mu-law as it comes from the line. @see https://developers.deepgram.com/reference/speech-to-text/listen-streaming */
export class DeepgramListen implements SpeechToText {
  readonly id = 'deepgram';
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #line: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>, line: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
    this.#line = line;
  }

  open(options: SpeechToTextOptions): SpeechToTextStream {
    const query = new URLSearchParams({
      model: MODEL,
      language: options.language,
      ...this.#line,
      channels: '1',
      interim_results: 'true',
      punctuate: 'true',
      smart_format: 'false',
      endpointing: 'false',
    });
    for (const term of keytermsOf(options.context.phrases)) query.append('keyterm', term);
    const connect = () =>
      new WebSocket(`${this.#url}?${query.toString()}`, {
        headers: this.#headers,
        handshakeTimeout: HANDSHAKE_MS,
        perMessageDeflate: false,
      });
    return new Stream(connect, options);
  }
}

/** Names are what a recogniser cannot know: words with a capital letter that begin no sentence. */
function keytermsOf(phrases: readonly string[]): readonly string[] {
  return [
    ...new Set(
      phrases.flatMap((phrase) => [...phrase.matchAll(/(?<=[a-z,;] )\p{Lu}\p{L}{2,}/gu)].map((match) => match[0])),
    ),
  ].slice(0, MOST_KEYTERMS);
}

interface Result {
  readonly type?: string;
  readonly is_final?: boolean;
  readonly from_finalize?: boolean;
  readonly description?: string;
  readonly channel?: {
    readonly alternatives?: readonly { readonly transcript?: string; readonly confidence?: number }[];
  };
}

class Stream implements SpeechToTextStream {
  readonly #connect: () => WebSocket;
  #socket: WebSocket;
  /** Since when the socket is open. */
  #openedMs: number | null = null;
  readonly #options: SpeechToTextOptions;
  #waiting: (Uint8Array | string)[] = [];
  #utterance = 0;
  #state: 'quiet' | 'speaking' | 'finishing' = 'quiet';
  /** The final and the revisable text of the current utterance. */
  #final: string[] = [];
  #interim = '';
  #confidence: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ready: (() => void) | null = null;
  #closed = false;
  /** Why it does not hear any more. */
  #broken: Failure | null = null;

  constructor(connect: () => WebSocket, options: SpeechToTextOptions) {
    this.#connect = connect;
    this.#options = options;
    this.#socket = this.#open();
  }

  #open(): WebSocket {
    const socket = this.#connect();
    socket.on('open', () => {
      this.#openedMs = performance.now();
      for (const message of this.#waiting.splice(0)) socket.send(message);
    });
    const broken = (error: unknown) => socket === this.#socket && this.#break(error);
    socket.on('message', (data: Buffer, isBinary) => !isBinary && this.#take(data.toString('utf8')));
    socket.on('unexpected-response', (_request, reply) => {
      reply.resume();
      const reason = reply.headers['dg-error'];
      broken(refusal(reply.statusCode ?? 0, typeof reason === 'string' ? reason : '', reply.headers['retry-after']));
    });
    socket.on('error', broken);
    socket.on('close', (code, reason) =>
      broken(new Error(`closed the connection (${code}${reason.length > 0 ? ` ${reason.toString()}` : ''})`)),
    );
    return socket;
  }

  audio(pcm: Int16Array): void {
    if (!this.#closed && !this.#broken) this.#send(encodeMulaw(pcm).slice());
  }

  begin(utterance: number): void {
    // The previous utterance gets its overdue final now.
    if (this.#state === 'finishing') this.#finish();
    this.#utterance = utterance;
    this.#state = 'speaking';
    this.#final = [];
    this.#interim = '';
    this.#confidence = null;
    if (this.#broken) this.#reportFailure(this.#broken);
  }

  end(utterance: number): void {
    if (this.#closed || this.#broken || this.#state !== 'speaking' || utterance !== this.#utterance) return;
    this.#state = 'finishing';
    this.#ready = this.#options.working(FINAL_MS);
    this.#send('{"type":"Finalize"}');
    this.#finishWithin(FINAL_MS);
  }

  expect(): void {
    // Terms are given once, at the beginning.
  }

  close(): void {
    this.#closed = true;
    this.#quiet();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send('{"type":"CloseStream"}');
    this.#socket.close();
    // A peer that does not answer is not waited for.
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  #send(message: Uint8Array | string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
    else if (this.#waiting.push(message) > MOST_WAITING) this.#waiting.shift();
  }

  #take(text: string): void {
    if (this.#closed || this.#broken) return;
    const result = jsonObject<Result>(text);
    if (!result) return this.#break(new Error('sent what is no JSON'));
    if (result.type === 'Error') return this.#break(new Error(result.description ?? 'sent an error'));
    if (result.type !== 'Results' || this.#state === 'quiet') return;
    const best = result.channel?.alternatives?.[0];
    const words = best?.transcript?.trim() ?? '';
    if (result.is_final) {
      if (words !== '') this.#final.push(words);
      this.#interim = '';
      this.#confidence = best?.confidence ?? this.#confidence;
    } else this.#interim = words;
    if (this.#state === 'finishing' && result.from_finalize) return this.#finish();
    // A server that does not say which result is the last one: nothing follows a final one for long.
    if (this.#state === 'finishing' && result.is_final) this.#finishWithin(LAST_MS);
    const sofar = this.#text();
    if (sofar !== '') this.#options.onPart({ type: 'transcript-partial', utterance: this.#utterance, text: sofar });
  }

  #text(): string {
    return [...this.#final, this.#interim].filter((part) => part !== '').join(' ');
  }

  #finishWithin(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(), ms);
  }

  #finish(): void {
    const text = this.#text();
    this.#quiet();
    if (!this.#closed)
      this.#options.onPart({
        type: 'transcript-final',
        utterance: this.#utterance,
        text,
        confidence: this.#confidence,
      });
  }

  #quiet(): void {
    this.#state = 'quiet';
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#ready?.();
    this.#ready = null;
  }

  #break(error: unknown): void {
    if (this.#closed || this.#broken) return;
    const old = this.#socket;
    // No speech is in progress and the stream worked until now, so reconnecting loses nothing.
    if (this.#state === 'quiet' && this.#openedMs !== null && performance.now() - this.#openedMs > WELL_AFTER_MS) {
      this.#openedMs = null;
      this.#socket = this.#open();
      return old.terminate();
    }
    this.#broken = errorPart(error);
    this.#waiting = [];
    old.terminate();
    if (this.#state !== 'quiet') this.#reportFailure(this.#broken);
  }

  #reportFailure(failure: Failure): void {
    const utterance = this.#utterance;
    this.#quiet();
    setImmediate(() => this.#closed || this.#options.onPart({ ...failure, utterance }));
  }
}
