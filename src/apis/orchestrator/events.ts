import { durationMs } from '#core/calls/call.ts';
import type { FedEvent } from '#core/events/event-feed.ts';
import { idOf } from '../kit/codecs.ts';
import { conversationIdOf, statusWord } from './dialect.ts';

/** What the socket tells, by its own names. */
export const EVENT_TYPES = [
  'call.started',
  'call.ended',
  'message.received',
  'message.sent',
  'error.occurred',
  'system.status',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface EventWords {
  readonly type: EventType;
  readonly data: object;
}

/** An event in this API's words: none, one, or several of its messages. */
export function wordsOf({ at, event, call, conversation }: FedEvent): readonly EventWords[] {
  const where = call
    ? { call_id: idOf('call', call.id) }
    : { conversation_id: conversation ? conversationIdOf(conversation) : null };
  switch (event.type) {
    case 'call.started':
      return call
        ? [
            {
              type: 'call.started',
              data: {
                ...where,
                phone_number: call.direction === 'inbound' ? call.from : call.to,
                provider: call.carrier,
              },
            },
          ]
        : [];
    case 'call.ended':
    case 'call.failed': {
      if (!call) return [];
      const ended: EventWords = {
        type: 'call.ended',
        data: {
          ...where,
          duration: Math.floor(durationMs(call, at) / 1000),
          status: statusWord(call.status),
          ...(call.failureReason === null ? {} : { failure_reason: call.failureReason }),
        },
      };
      const { status, failureReason } = call;
      // That a line was busy is no error; that a carrier or a server failed is.
      if (event.type === 'call.ended' || (status !== 'refused' && status !== 'broken')) return [ended];
      return [
        {
          type: 'error.occurred',
          data: {
            error_code: status === 'refused' ? 'PROVIDER_ERROR' : 'INTERNAL_ERROR',
            message: failureReason ?? event.data.reason ?? 'The call failed',
            ...where,
          },
        },
        ended,
      ];
    }
    case 'message.received': {
      const { text, confidence } = event.data;
      return [{ type: 'message.received', data: { ...where, message: text, confidence: confidence ?? null } }];
    }
    case 'message.sent': {
      const { text, by } = event.data;
      // Words of a human agent are no AI agent's.
      const agentId = by === 'human-agent' ? null : (call?.agentId ?? ('agentId' in event ? event.agentId : null));
      return [
        {
          type: 'message.sent',
          data: { ...where, message: text, agent_id: agentId === null ? null : idOf('agent', agentId) },
        },
      ];
    }
    // Events that this API does not have. The list is complete: a new event must be placed.
    case 'call.ringing':
    case 'call.answered':
    case 'user.interrupted':
    case 'agent.responded':
    case 'tool.executed':
    case 'recording.ready':
    case 'transcript.ready':
    case 'campaign.started':
    case 'campaign.paused':
    case 'campaign.completed':
    case 'lead.imported':
    case 'agent.created':
      return [];
  }
}
