import { z } from 'zod';

export interface SocketChannel {
  readonly address: string;
  readonly description: string;
  /** What the server sends and takes, by the name of the message. */
  readonly sent: Readonly<Record<string, z.ZodType>>;
  readonly received: Readonly<Record<string, z.ZodType>>;
}

function schemaOf(shape: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return schema;
}

/** The event sockets of an API as AsyncAPI 3.0, from the schemas that they are written with. */
export function asyncApiOf(
  info: { readonly title: string; readonly version: string; readonly description: string },
  channels: Readonly<Record<string, SocketChannel>>,
): object {
  const each = Object.entries(channels).map(([name, { address, description, sent, received }]) => {
    const messages = (prefix: string, shapes: SocketChannel['sent'], io: 'input' | 'output') =>
      Object.entries(shapes).map(
        ([type, shape]) =>
          [`${prefix}${type.replaceAll('.', '_')}`, { name: type, title: type, payload: schemaOf(shape, io) }] as const,
      );
    const told = messages('', sent, 'output');
    const heard = messages('client_', received, 'input');
    const channel = { $ref: `#/channels/${name}` };
    const references = (of: readonly (readonly [string, object])[]) =>
      of.map(([message]) => ({ $ref: `#/channels/${name}/messages/${message}` }));
    const parameters = Object.fromEntries([...address.matchAll(/\{(\w+)\}/g)].map(([, one]) => [one, {}]));
    return {
      channel: [
        name,
        {
          address,
          description,
          ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
          messages: Object.fromEntries([...told, ...heard]),
        },
      ] as const,
      operations: [
        [`${name}Sends`, { action: 'send', channel, messages: references(told) }],
        [`${name}Receives`, { action: 'receive', channel, messages: references(heard) }],
      ] as const,
    };
  });
  return {
    asyncapi: '3.0.0',
    info,
    channels: Object.fromEntries(each.map((one) => one.channel)),
    operations: Object.fromEntries(each.flatMap((one) => one.operations)),
  };
}
