import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { WebSocketServer, type WebSocket } from 'ws';
import { livekitWith } from '#carriers/livekit/manifest.ts';
import type { JoinOptions, JoinRoom } from '#carriers/livekit/room.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { FakeCall, FakeCarrier } from './fake-carrier.ts';
import { FakeLiveKit } from './livekit.ts';

interface Message {
  readonly event: string;
  readonly media?: { readonly payload: string };
  readonly mark?: { readonly name: string };
  readonly dtmf?: { readonly digit: string };
}

/** The server with the audio of its rooms, which goes over sockets in place of WebRTC. */
export class FakeLiveKitRooms extends FakeLiveKit {
  /** Where the server reports what happens. */
  notifyUrl = '';
  readonly #joined = new Map<string, JoinOptions>();
  readonly #phones = new Map<string, WebSocket>();
  #sockets: WebSocketServer | null = null;

  /** The carrier whose AI agent joins these rooms. */
  readonly manifest = livekitWith(((options) => {
    const { video } = decodeJwt<{ video: { room: string } }>(options.token);
    this.#joined.set(video.room, options);
    return Promise.resolve({ leave: () => this.#leave(video.room) });
  }) satisfies JoinRoom);

  override async start(): Promise<this> {
    this.#sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    this.#sockets.on('connection', (socket, { url }) => this.#answered(socket, url!.slice(1)));
    return super.start();
  }

  override async close(): Promise<void> {
    this.#sockets?.close();
    await super.close();
  }

  protected override async serve(request: Parameters<FakeCarrier['serve']>[0]): ReturnType<FakeLiveKit['serve']> {
    const answer = await super.serve(request);
    if (request.path.endsWith('SIP/CreateSIPParticipant') && answer.status === 200) this.#dialled(this.last);
    return answer;
  }

  #dialled(call: FakeCall): void {
    call.eventUrl = this.notifyUrl;
    call.answerUrl = `ws://127.0.0.1:${(this.#sockets!.address() as AddressInfo).port}/${call.id}`;
    this.ring(call);
  }

  #answered(socket: WebSocket, room: string): void {
    const options = this.#joined.get(room);
    if (!options) return socket.close(1000);
    let events: MediaEvents | null = null;
    /** What came before the call was there to receive it. */
    const early: Message[] = [];
    const take = (message: Message) => {
      const { event, media, mark, dtmf } = message;
      if (events === null) early.push(message);
      else if (event === 'media') events.audio(Buffer.from(media!.payload, 'base64'));
      else if (event === 'mark') events.mark(mark!.name);
      else if (event === 'dtmf') events.dtmf(dtmf!.digit);
    };
    socket.on('message', (data) => take(JSON.parse((data as Buffer).toString()) as Message));
    socket.on('close', () => this.#phones.delete(room) && events?.hungUp());
    this.#phones.set(room, socket);
    options.onEvent({
      type: 'answered',
      leg: this.#leg(socket, room),
      connect: (receiver) => {
        events = receiver;
        for (const message of early.splice(0)) take(message);
      },
    });
  }

  #leg(socket: WebSocket, room: string): MediaLeg {
    const send = (message: Message) => socket.send(JSON.stringify(message));
    return {
      bufferMs: 80,
      send: (frame) => send({ event: 'media', media: { payload: Buffer.from(frame).toString('base64') } }),
      mark: (name) => send({ event: 'mark', mark: { name } }),
      clear: () => send({ event: 'clear' }),
      isAlive: () => Promise.resolve(socket.readyState === socket.OPEN),
      close: () => this.#leave(room),
    };
  }

  /** The AI agent leaves, and the telephone's connection ends. */
  #leave(room: string): void {
    const phone = this.#phones.get(room);
    this.#phones.delete(room);
    phone?.close(1000);
    const options = this.#joined.get(room);
    this.#joined.delete(room);
    options?.onLeft();
  }
}
