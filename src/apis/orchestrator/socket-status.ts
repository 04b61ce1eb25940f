import { z } from 'zod';
import { notFound } from '#core/kernel/errors.ts';
import type { Limit } from '../kit/limit.ts';
import { openOperation, operation, type RestOperation } from '../kit/operation.ts';
import { IdText, timeInMilliseconds } from '../kit/codecs.ts';
import { asyncApi } from './socket-messages.ts';
import type { EventSocket } from '../kit/event-socket.ts';

const STATUS: Limit = { name: 'socket-status', points: 1000, windowS: 60 };

/** `socket` is made once the server is. */
export function socketOperations(
  socket: () => Pick<EventSocket, 'mostConnections' | 'uptimeS' | 'connectionsOf'>,
  version: string,
): readonly RestOperation[] {
  return [
    operation({
      method: 'GET',
      path: '/ws/status',
      summary: 'Get WebSocket Status',
      permission: 'read',
      limit: STATUS,
      reply: z.object({
        active_connections: z.int(),
        max_connections: z.int(),
        uptime: z.int(),
        connections: z.array(z.object({ id: z.string(), connected_at: z.string(), last_activity: z.string() })),
      }),
      handle: ({ ctx }) => {
        const { mostConnections, uptimeS } = socket();
        const connections = socket()
          .connectionsOf(ctx.organizationId)
          .map(({ id, connectedAt, lastActivity }) => ({
            id,
            connected_at: timeInMilliseconds(connectedAt),
            last_activity: timeInMilliseconds(lastActivity),
          }));
        return Promise.resolve({
          active_connections: connections.length,
          max_connections: mostConnections,
          uptime: uptimeS,
          connections,
        });
      },
    }),
    openOperation({
      method: 'GET',
      path: '/docs/:api/asyncapi',
      summary: 'AsyncAPI of the event socket',
      params: z.object({ api: IdText }),
      reply: z.record(z.string(), z.unknown()),
      handle: ({ params }) => {
        if (params.api !== 'orchestrator') throw notFound('API', `api: ${params.api}`);
        return Promise.resolve(asyncApi(version) as Record<string, unknown>);
      },
    }),
  ];
}
