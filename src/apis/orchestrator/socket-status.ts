import { z } from 'zod';
import type { Limit } from '../kit/limit.ts';
import { operation, type RestOperation } from '../kit/operation.ts';
import { timeInMilliseconds } from '../kit/codecs.ts';
import type { OpenEventSocket } from '../kit/api.ts';

const STATUS: Limit = { name: 'socket-status', points: 1000, windowS: 60 };

export function socketOperations(socket: OpenEventSocket): readonly RestOperation[] {
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
        const { mostConnections, uptimeS } = socket;
        const connections = socket.connectionsOf(ctx.organizationId).map(({ id, connectedAt, lastActivity }) => ({
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
  ];
}
