/** What comes in on a media socket. Audio is mu-law 8 kHz of any whole length up to a second. */
export type MediaMessage =
  | { readonly type: 'connected' | 'stop' }
  /** `parameters`: what the carrier was given to hand back. */
  | { readonly type: 'start'; readonly parameters: Readonly<Record<string, string>> }
  | { readonly type: 'media'; readonly audio: Uint8Array }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** To be ignored. */
  | { readonly type: 'unknown' };

/** How one media socket speaks, from its opening to its end. */
export interface MediaProtocol {
  /** @throws Error in plain words when it cannot be understood, or its audio is longer than a second. The audio may be used again. */
  read(data: Buffer, isBinary: boolean): MediaMessage;
  /** A whole 20 ms mu-law frame. */
  frame(mulaw: Uint8Array): string | Uint8Array;
  /** Asks to be told when everything sent so far has been played. */
  mark(name: string): string;
  clear(): string;
}
