import { z } from 'zod';
import { durationMs } from '#core/calls/call.ts';
import { roomNameOf } from '#core/calls/call-origin.ts';
import { getCall, maySeeCall } from '#core/calls/get-call.ts';
import { waitingCall } from '#core/calls/place-batch.ts';
import { sidInSipCallId } from '#core/calls/sip-call-id.ts';
import type { Core } from '#core/core.ts';
import type { FedEvent } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { ApiEventSocket } from '../kit/api.ts';
import { asyncApiOf, type AsyncApi } from '../kit/asyncapi.ts';
import { timeInSeconds } from '../kit/codecs.ts';
import { EventSocket } from '../kit/event-socket.ts';
import { parseInput } from '../kit/input.ts';
import type { SocketDialect, Topic } from '../kit/socket-dialect.ts';
import { renderError, sentenceOf, speakerOf, statusWord } from './dialect.ts';
import { SESSION, sessionId, sipCallIdOf, subjectOf } from './ids.ts';

type Words = ReturnType<SocketDialect<never>['wordsOf']>;

/** The messages of `/ws/calls`. */
function callWords({ at, event, call, roomName }: FedEvent): Words {
  if (!call || (event.type !== 'call.started' && event.type !== 'call.ended' && event.type !== 'call.failed'))
    return [];
  const data = { call_id: sipCallIdOf(call), room_name: roomNameOf(call, roomName), session_id: call.id };
  if (event.type === 'call.started') return [{ type: 'call_started', data }];
  return [
    {
      type: 'call_ended',
      data: {
        ...data,
        status: statusWord(call.status),
        duration_seconds: Math.floor(durationMs(call, at) / 1000),
        failure_reason: call.failureReason,
      },
    },
  ];
}

/** The messages of `/ws/transcripts/{session_id}`. */
function transcriptWords({ event, call }: FedEvent): Words {
  if (!call || (event.type !== 'message.sent' && event.type !== 'message.received')) return [];
  const { role, text } = event.data;
  const received = event.type === 'message.received';
  const speaker = speakerOf(role, received ? null : event.data.by);
  const confidence = received ? event.data.confidence : 1;
  return [{ type: 'transcript_update', data: { session_id: call.id, speaker, text, confidence } }];
}

/** `ping` is the only message of a client: the request has authenticated and subscribed. */
const FromClient = z.union([
  z.object({ type: z.literal('ping') }),
  z.object({ event: z.literal('ping') }).transform(() => ({ type: 'ping' as const })),
]);
type FromClient = z.output<typeof FromClient>;

const OWN_NAMES: Readonly<Record<string, string>> = { 'error.occurred': 'error', 'events.missed': 'events_missed' };

function dialect(
  eventTypes: readonly string[],
  wordsOf: SocketDialect<FromClient>['wordsOf'],
  requestsOpen: NonNullable<SocketDialect<FromClient>['requestsOpen']>,
): SocketDialect<FromClient> {
  return {
    api: 'customer-service',
    eventTypes,
    wordsOf,
    requestsOpen,
    message: (type, at, data, cursor) => ({
      event: OWN_NAMES[type] ?? type,
      ...data,
      timestamp: timeInSeconds(at),
      ...(cursor === undefined ? {} : { cursor }),
    }),
    parse: (json) => parseInput(FromClient, json, 'body') as FromClient,
    hear: (_, client) => Promise.resolve(client.say('pong', {})),
    renderError: (error) => {
      const detail = sentenceOf(error);
      return { status: renderError(error).status, sentence: detail, data: { detail } };
    },
  };
}

/** The events of one call. A call of a batch may be named before it is dialled. @throws AppError not-found */
async function topicOf(core: Core, requestId: string, url: URL, principal: Principal): Promise<Topic> {
  const ctx = { ...principal, requestId };
  const id = url.pathname.split('/')[3] ?? '';
  const sid = sidInSipCallId(id);
  const waiting = sid === null ? null : await waitingCall(core, ctx, sid);
  if (waiting?.status === 'waiting')
    return {
      key: sid!,
      callId: null,
      has: ({ call }) => call !== null && (call.placedSid ?? call.sid) === sid,
      isOpenTo: async (one) => (await waitingCall(core, { ...one, requestId }, sid!)) !== null,
    };
  const call = await getCall(core, ctx, sessionId(id), subjectOf(id), SESSION);
  return {
    key: String(call.id),
    callId: call.id,
    has: (event) => event.call?.id === call.id,
    isOpenTo: (one) => maySeeCall(core, { ...one, requestId }, call.id),
  };
}

export const sockets: readonly ApiEventSocket[] = [
  {
    path: '/ws/calls',
    open: (options) =>
      new EventSocket(
        options,
        dialect(['call_started', 'call_ended'], callWords, () => Promise.resolve(null)),
      ),
  },
  {
    path: '/ws/transcripts/:session_id',
    open: (options, newRequestId) =>
      new EventSocket(
        options,
        dialect(['transcript_update'], transcriptWords, (url, principal) =>
          topicOf(options.core, newRequestId(), url, principal),
        ),
      ),
  },
];

const message = <S extends z.ZodRawShape>(event: string, data: S) =>
  z.object({ event: z.literal(event), ...data, timestamp: z.string() });
const stored = { cursor: z.string().describe('To go on after this message: `?cursor=` of a later connection') };
const call = { call_id: z.string(), room_name: z.string(), session_id: z.int() };
const common = {
  error: message('error', { detail: z.string() }),
  events_missed: message('events_missed', { after: z.string(), until: z.string(), count: z.int().nullable() }),
  pong: message('pong', {}),
};
const received = { ping: z.object({ event: z.literal('ping') }) };

export const asyncApi = (version: string): AsyncApi =>
  asyncApiOf(
    {
      title: 'Customer Service Voice Agent: sockets',
      version,
      description:
        'The request shows the credential, in a header or as `?token=`. With `?cursor=` what came since is sent first.',
    },
    {
      calls: {
        address: '/ws/calls',
        description: 'Calls as they start and end',
        sent: {
          call_started: message('call_started', { ...call, ...stored }),
          call_ended: message('call_ended', {
            ...call,
            status: z.enum(['completed', 'failed']),
            duration_seconds: z.int(),
            failure_reason: z.string().nullable(),
            ...stored,
          }),
          ...common,
        },
        received,
      },
      transcripts: {
        address: '/ws/transcripts/{session_id}',
        description: 'What is said on one call, as it is said',
        sent: {
          transcript_update: message('transcript_update', {
            session_id: z.int(),
            speaker: z.enum(['customer', 'ai_agent', 'human_agent']),
            text: z.string(),
            confidence: z.number().nullable(),
            ...stored,
          }),
          ...common,
        },
        received,
      },
    },
  );
