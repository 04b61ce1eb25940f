import { useSyncExternalStore } from 'react';
import worklet from './phone-worklet.js?url';
import { Latest } from './latest.ts';
import { decodeMulaw, encodeMulaw } from './mulaw.ts';
import type { RoomAccess } from './room-line.ts';

/** What the browser's line is for, as the bar of the shell says it. */
export type Purpose = 'talk' | 'answer' | 'listen' | 'whisper' | 'take_over';

export type Line =
  | { readonly state: 'idle' }
  | {
      readonly state: 'opening' | 'on';
      readonly purpose: Purpose;
      readonly call: string | null;
      readonly isMuted: boolean;
    }
  | { readonly state: 'failed'; readonly purpose: Purpose; readonly call: string | null; readonly reason: string };

interface Opened {
  readonly purpose: Purpose;
  /** Its id; null where the call is only made with the line. */
  readonly call: string | null;
  /** Asks the server for the media socket, once the microphone is given. */
  readonly access: () => Promise<{
    readonly websocket_url: string;
    readonly call_sid?: string;
    readonly livekit?: RoomAccess;
  }>;
}

interface Message {
  readonly event: string;
  readonly streamSid?: string;
  readonly mark?: { readonly name: string };
  readonly media?: { readonly payload: string };
}

const NORMAL = 1000;
let line: Line = { state: 'idle' };
const listeners = new Set<() => void>();
let stop: (() => void) | null = null;
let microphone: MediaStream | null = null;
let level = 0;
const openings = new Latest();

function set(next: Line): void {
  line = next;
  for (const listener of listeners) listener();
}

export const useLine = (): Line =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => line,
  );

/** The loudest of the microphone lately, 0 to 1. */
export const microphoneLevel = (): number => level;

export function setMuted(isMuted: boolean): void {
  if (line.state !== 'on') return;
  for (const track of microphone?.getTracks() ?? []) track.enabled = !isMuted;
  set({ ...line, isMuted });
}

export function hangUp(): void {
  openings.stop();
  stop?.();
  stop = null;
  set({ state: 'idle' });
}

/** Whether the microphone can be had: asked for before an agent goes online, so that no call meets a refusal. */
export async function testMicrophone(): Promise<string | null> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    return null;
  } catch (error) {
    return whyNot(error);
  }
}

function whyNot(error: unknown): string {
  if (!('mediaDevices' in navigator)) return 'The browser gives a microphone only over https or on localhost.';
  if (error instanceof DOMException && error.name === 'NotAllowedError')
    return 'The microphone was refused. Allow it beside the address of this page, then try again.';
  if (error instanceof DOMException && error.name === 'NotFoundError') return 'No microphone was found.';
  return error instanceof Error ? error.message : 'The line could not be opened.';
}

/** Opens the browser's one line to a call. It outlives the page that opened it; another one ends it. */
export async function openLine({ purpose, call, access }: Opened): Promise<void> {
  hangUp();
  const isOver = openings.begin();
  const speaks = purpose !== 'listen';
  set({ state: 'opening', purpose, call, isMuted: false });
  let stream: MediaStream | null = null;
  let context: AudioContext | null = null;
  const release = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    // The line is released when it is left, and again when its socket closes.
    if (context?.state !== 'closed') void context?.close();
  };
  try {
    if (speaks)
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    context = new AudioContext();
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, 'phone', { outputChannelCount: [1] });
    if (stream) context.createMediaStreamSource(stream).connect(node);
    node.connect(context.destination);
    if (isOver()) return release();
    const { websocket_url: address, call_sid: made, livekit } = await access();
    if (isOver()) return release();
    const opened = { purpose, call: made ?? call, speaks, isOver };
    microphone = stream;
    // Where the browser cannot reach the room, the media socket carries the same audio.
    if (livekit && speaks && (await talkInRoom(livekit, stream, opened, release))) return void context.close();
    if (isOver()) return release();
    talk(address, node, opened, release);
  } catch (error) {
    release();
    if (!isOver()) set({ state: 'failed', purpose, call, reason: whyNot(error) });
    throw error;
  }
}

interface Opening {
  readonly purpose: Purpose;
  readonly call: string | null;
  readonly speaks: boolean;
  /** It was hung up meanwhile, or another line was opened. */
  readonly isOver: () => boolean;
}

/** Whether the room was joined. */
async function talkInRoom(
  access: RoomAccess,
  stream: MediaStream | null,
  { purpose, call, isOver }: Opening,
  release: () => void,
): Promise<boolean> {
  try {
    const { joinRoom } = await import('./room-line.ts');
    const leave = await joinRoom(access, stream?.getAudioTracks()[0] ?? null, (problem) => {
      if (stop === end) {
        stop = null;
        set(problem === null ? { state: 'idle' } : { state: 'failed', purpose, call, reason: problem });
      }
      release();
    });
    const end = () => {
      leave();
      release();
    };
    if (isOver()) {
      end();
      return true;
    }
    stop = end;
    set({ state: 'on', purpose, call, isMuted: false });
    return true;
  } catch {
    return false;
  }
}

function talk(given: string, node: AudioWorkletNode, { purpose, call, speaks }: Opening, release: () => void): void {
  const socket = new WebSocket(ownOrigin(given));
  let streamSid: string | undefined;
  const send = (message: object) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ...message, streamSid }));
  };
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    send({ event: 'stop' });
    socket.close(NORMAL);
    release();
  };
  stop = end;
  socket.addEventListener('open', () => {
    send({ event: 'connected' });
    send({ event: 'start' });
    set({ state: 'on', purpose, call, isMuted: false });
  });
  node.port.addEventListener('message', ({ data }: MessageEvent<{ mark?: string; pcm?: Float32Array }>) => {
    if (data.mark !== undefined) return send({ event: 'mark', mark: { name: data.mark } });
    if (!data.pcm || !speaks) return;
    level = data.pcm.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    send({ event: 'media', media: { payload: encodeMulaw(data.pcm) } });
  });
  node.port.start();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    streamSid = message.streamSid ?? streamSid;
    if (message.event === 'clear') node.port.postMessage({ clear: true });
    else if (message.mark) node.port.postMessage({ mark: message.mark.name });
    else if (message.media) node.port.postMessage({ pcm: decodeMulaw(message.media.payload) });
  });
  socket.addEventListener('close', ({ code, reason }) => {
    const wasOver = isOver;
    isOver = true;
    release();
    if (wasOver || stop !== end) return;
    stop = null;
    set(
      code === NORMAL
        ? { state: 'idle' }
        : { state: 'failed', purpose, call, reason: reason || `The line was lost (${code}).` },
    );
  });
}

/** The media socket of this page's own server: behind a proxy the address that it announces is not the page's. */
function ownOrigin(given: string): string {
  const address = new URL(given);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  address.host = location.host;
  return address.toString();
}
