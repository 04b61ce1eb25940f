import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';

const DIAL = '/twirp/livekit.SIP/CreateSIPParticipant';

/** What a telephone is dialled with. */
export interface SipDial {
  readonly roomName: string;
  readonly participantIdentity: string;
  readonly sipCallTo: string;
}

/** Before a LiveKit server that has no SIP service: it dials telephones itself, and hands everything else on. */
export class SipGateway {
  url = '';
  onDial: (dial: SipDial) => Promise<void> = () => Promise.resolve();
  #port = 0;
  readonly #server: Server = createServer((asked, reply) => {
    if (asked.url === DIAL) void this.#dial(asked, reply).catch(() => reply.destroy());
    else this.#handOn(asked, reply);
  });

  async start(livekitUrl: string): Promise<void> {
    this.#port = Number(new URL(livekitUrl).port);
    this.#server.on('upgrade', (asked: IncomingMessage, socket) => {
      const server = connect(this.#port, '127.0.0.1', () => {
        const headers = Object.entries(asked.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
        server.write(`GET ${asked.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
        server.pipe(socket).pipe(server);
      });
      server.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('error', () => server.destroy()).on('close', () => server.destroy());
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #handOn(asked: IncomingMessage, reply: ServerResponse): void {
    const { url: path, method, headers } = asked;
    const onward = request({ host: '127.0.0.1', port: this.#port, path, method, headers }, (answer) => {
      reply.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.destroy());
    asked.pipe(onward);
  }

  async #dial(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    const dial = JSON.parse(Buffer.concat(await asked.toArray()).toString()) as SipDial;
    await this.onDial(dial);
    const { roomName, participantIdentity } = dial;
    reply.setHeader('content-type', 'application/json');
    reply.end(JSON.stringify({ participantId: 'PA_phone', participantIdentity, roomName, sipCallId: 'SCL_out' }));
  }
}
