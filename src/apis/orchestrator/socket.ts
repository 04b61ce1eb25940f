import { getConversation } from '#core/conversations/conversations.ts';
import { writeInTalk } from '#core/conversations/talk.ts';
import { writeIntoCall } from '#core/calls/write-into-call.ts';
import type { Core } from '#core/core.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { idOf, numberIn, timeInMilliseconds } from '../kit/codecs.ts';
import type { SocketClient, SocketDialect } from '../kit/socket-dialect.ts';
import { parseInput } from '../kit/input.ts';
import { CONVERSATIONS } from './conversations.ts';
import { conversationIdOf, renderError } from './dialect.ts';
import { EVENT_TYPES, wordsOf } from './events.ts';
import { FromClient, typesBehind } from './socket-messages.ts';

/** The messages and events of `/ws`. */
export function socketDialect(core: Core, newRequestId: () => string): SocketDialect<FromClient> {
  return {
    api: 'orchestrator',
    eventTypes: EVENT_TYPES,
    wordsOf,
    message: (type, at, data, cursor) => ({
      type,
      timestamp: timeInMilliseconds(at),
      data,
      ...(cursor === undefined ? {} : { cursor }),
    }),
    parse: (json) => parseInput(FromClient, json, 'body') as FromClient,
    renderError: (error) => {
      const { status, body } = renderError(error, '');
      const { code, message, details } = (body as { error: { code: string; message: string; details: object } }).error;
      return {
        status,
        sentence: message,
        data: { error_code: code, message, ...(Object.keys(details).length > 0 ? { details } : {}) },
      };
    },
    hear: async (message, client) => {
      switch (message.type) {
        case 'subscribe':
          await client.subscribe(message.events.flatMap(typesBehind), message.cursor);
          client.say('subscribed', { events: [...client.types] });
          return client.sayStatus();
        case 'unsubscribe':
          client.unsubscribe(message.events.flatMap(typesBehind));
          return client.say('unsubscribed', { events: [...client.types] });
        case 'message':
          return write(core, newRequestId(), client, message.data);
        case 'ping':
          return client.say('pong', {});
      }
    },
  };
}

/** Writes into a running call, where it is answered aloud, or into a conversation in text. */
async function write(
  core: Core,
  requestId: string,
  client: SocketClient,
  { call_id: callId, conversation_id: conversationId, content }: Extract<FromClient, { type: 'message' }>['data'],
): Promise<void> {
  const { organizationId, actor } = await client.renew();
  if (!isAllowed(actor, 'place-calls')) throw new AppError('forbidden', 'This role may not do that');
  // It counts against the limit of messages by HTTP as well.
  await client.count(CONVERSATIONS);
  const ctx = { organizationId, actor, requestId };
  if (callId !== undefined && numberIn('conv', callId) === null) {
    const call = await writeIntoCall(core, ctx, numberIn('call', callId) ?? callId, content, `call_id: ${callId}`);
    return client.say('message.accepted', { call_id: idOf('call', call.id) });
  }
  const name = conversationId ?? callId!;
  const conversation = await getConversation(core, ctx, { id: numberIn('conv', name), name });
  if (conversation.callId !== null) {
    await writeIntoCall(core, ctx, conversation.callId, content, `conversation_id: ${name}`);
    return client.say('message.accepted', {
      call_id: idOf('call', conversation.callId),
      conversation_id: conversationIdOf(conversation),
    });
  }
  client.say('message.accepted', { conversation_id: conversationIdOf(conversation) });
  // The answer arrives as an event, so that the client can write further messages meanwhile.
  void writeInTalk(core, ctx, conversation, content).catch((error: unknown) => client.sayError(error));
}
