import type { AsyncApi } from './asyncapi.ts';
import type { Limit } from './limit.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { z } from 'zod';
import type { AppError } from '#core/kernel/errors.ts';
import type { WebhookBody } from '#core/webhooks/webhook.ts';
import type { EventSocket } from './event-socket.ts';
import type { EventSocketOptions } from './socket-connection.ts';
import type { Procedure, RestOperation } from './operation.ts';

export interface RenderedError {
  readonly status: number;
  readonly body: object;
}

export type OpenEventSocket = Pick<
  EventSocket,
  'mostConnections' | 'uptimeS' | 'connectionsOf' | 'upgrade' | 'credentialsChanged' | 'callAccessLost' | 'close'
>;

/** The event socket of an API, in that API's messages. */
export interface ApiEventSocket {
  /** May end in `/:name`, which the dialect reads from the address of the request. */
  readonly path: string;
  open(options: EventSocketOptions, newRequestId: () => string): OpenEventSocket;
  /** Operations about the open socket, such as its status. */
  operations?(socket: OpenEventSocket): readonly RestOperation[];
}

/** One API: its operations, procedures, event socket, limits and form of errors. */
export interface Api {
  readonly name: string;
  readonly title: string;
  /** Its only version, which a request may name in `X-API-Version`. */
  readonly version?: string;
  /** The API whose documents describe these operations too; default: it has its own documents. */
  readonly documentedIn?: string;
  /** Whether this API answers for an unknown path. */
  owns(path: string): boolean;
  renderError(error: AppError, requestId: string): RenderedError;
  /** The API's code of an error, for its procedures: `data.reason`. */
  errorCode?(error: AppError): string;
  /** The schema of the bodies that `renderError` makes. */
  readonly errorReply: z.ZodType;
  /** The limit for operations without their own, and for unknown paths. */
  usualLimit(plan: Plan): Limit;
  /** Whose requests are counted together. Requests without a credential are counted by network address. */
  readonly countedPer: 'principal' | 'organization';
  /** Its seed knows no sign-in: without `REQUIRE_AUTH` a request of this machine acts for the first organization. */
  readonly openOnLoopback?: true;
  readonly operations: readonly RestOperation[];
  /** Its tRPC procedures, where it has any. */
  readonly procedures?: readonly Procedure[];
  /** The path that they are served under. */
  readonly proceduresAt?: string;
  readonly eventSockets?: readonly ApiEventSocket[];
  /** The messages of its event sockets as an AsyncAPI document. */
  readonly asyncApi?: (version: string) => AsyncApi;
  /** The bodies of its webhook deliveries, where it has webhooks. */
  readonly webhookBody?: WebhookBody;
}
