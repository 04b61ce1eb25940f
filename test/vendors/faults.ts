import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';

/** The fault of a fake vendor, until it is reset. */
export type Fault =
  | 'none'
  | 'slow'
  | 'refuses-key'
  | 'too-many'
  | 'garbage'
  | 'dies-midway'
  | 'half-open'
  | 'drops'
  | 'down'
  | 'cut'
  | 'empty'
  | 'unfinished';

/** A server that speaks one vendor's protocol. */
export interface FakeVendor {
  readonly url: string;
  fault: Fault;
  /** How often it was asked. */
  asked: number;
  /** What keys it was shown. */
  readonly keys: Set<string>;
  /** What it refused because the request was wrong, in its own words. */
  readonly refused: string[];
  /** The last body that it was sent. */
  last: unknown;
  close(): Promise<void>;
}

export const SLOW_MS = 300;

/** Answers an HTTP request wrongly, before any good answer has begun; false where it is to be answered. */
export function failsAtOnce(fault: Fault, reply: ServerResponse): boolean {
  switch (fault) {
    case 'refuses-key':
      reply
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"error":{"message":"Invalid key","type":"authentication_error"}}');
      return true;
    case 'too-many':
      reply
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' })
        .end('{"error":{"message":"Rate limited","type":"rate_limit_error"}}');
      return true;
    case 'down':
      reply.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"message":"Overloaded"}}');
      return true;
    case 'drops':
      reply.destroy();
      return true;
    case 'half-open':
      return true;
    default:
      return false;
  }
}

/** The same for a socket that is open already. */
export function failsOnSocket(fault: Fault, socket: WebSocket): boolean {
  if (fault === 'garbage') socket.send('{not json');
  else if (fault === 'drops') socket.terminate();
  return fault === 'garbage' || fault === 'drops' || fault === 'half-open';
}

/** 70 ms of tone for each letter, as 16-bit samples. */
export function spoken(text: string, rateHz: number): Int16Array {
  return Int16Array.from({ length: Math.round((text.length * 70 * rateHz) / 1000) }, (_, i) =>
    Math.round(9000 * Math.sin((2 * Math.PI * 300 * i) / rateHz)),
  );
}

export const isLoud = (pcm: Int16Array): boolean => pcm.some((sample) => Math.abs(sample) > 2000);
