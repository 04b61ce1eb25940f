import { WebSocket } from 'ws';
import { until } from './server.ts';

export interface EventMessage {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cursor?: string;
}

/** A client of the event socket, like that of an integrator. */
export class EventClient {
  readonly socket: WebSocket;
  readonly received: EventMessage[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  /** HTTP status with which it was not let in. */
  refused: number | null = null;

  constructor(
    url: string,
    options: { readonly token?: string; readonly headers?: Record<string, string>; readonly query?: string } = {},
  ) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws${options.query ?? ''}`, {
      headers: options.headers ?? {},
    });
    this.socket.on('open', () => options.token !== undefined && this.send({ type: 'auth', token: options.token }));
    this.socket.on('message', (data) => this.received.push(JSON.parse((data as Buffer).toString()) as EventMessage));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on('error', () => undefined);
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  of(type: string): EventMessage[] {
    return this.received.filter((one) => one.type === type);
  }

  /** The last cursor that it got. */
  get cursor(): string | undefined {
    return this.received.findLast((one) => one.cursor !== undefined)?.cursor;
  }

  until(type: string, which: (message: EventMessage) => boolean = () => true, limitMs = 15_000): Promise<EventMessage> {
    return until(
      `a message ${type}`,
      limitMs,
      () => this.received.find((one) => one.type === type && which(one)) ?? null,
    );
  }

  /** Subscribed, and told so. */
  async subscribe(events: readonly string[], cursor?: string): Promise<this> {
    await this.until('auth.success');
    const before = this.of('subscribed').length;
    this.send({ type: 'subscribe', events, ...(cursor === undefined ? {} : { cursor }) });
    await until('the subscription', 10_000, () => this.of('subscribed').length > before);
    return this;
  }

  close(): void {
    this.socket.close();
  }
}
