/** A message received on a media socket. Audio is mu-law 8 kHz, in chunks of up to a second. */
export type MediaMessage =
  | { readonly type: 'connected' | 'stop' }
  /** `parameters`: what we gave the carrier to return. */
  | { readonly type: 'start'; readonly parameters: Readonly<Record<string, string>> }
  | { readonly type: 'media'; readonly audio: Uint8Array }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** To be ignored. */
  | { readonly type: 'unknown' };

/** The protocol of one media socket. */
export interface MediaProtocol {
  /** @throws Error for a malformed message, or more than a second of audio. The audio buffer may be reused. */
  read(data: Buffer, isBinary: boolean): MediaMessage;
  /** A whole 20 ms mu-law frame. */
  frame(mulaw: Uint8Array): string | Uint8Array;
  /** Requests a notification when everything sent so far has been played. */
  mark(name: string): string;
  clear(): string;
}
