import { z } from 'zod';
import { exampleOf } from './examples.ts';

interface Message {
  readonly title: string;
  readonly payload: object;
  readonly examples: readonly { readonly payload: unknown }[];
}

export interface AsyncApi {
  readonly asyncapi: string;
  readonly defaultContentType: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: object;
  };
  readonly channels: Readonly<
    Record<
      string,
      {
        readonly address: string;
        readonly description: string;
        readonly messages: Readonly<Record<string, Message>>;
      }
    >
  >;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly action: string;
        readonly channel: { readonly $ref: string };
        readonly messages: readonly { readonly $ref: string }[];
        readonly security: readonly object[];
      }
    >
  >;
  readonly components: object;
}

export interface SocketChannel {
  readonly address: string;
  readonly description: string;
  /** What the server sends and takes, by the name of the message. */
  readonly sent: Readonly<Record<string, z.ZodType>>;
  readonly received: Readonly<Record<string, z.ZodType>>;
}

const SECURITY = [{ $ref: '#/components/securitySchemes/bearer' }];

function schemaOf(shape: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return schema;
}

/** The event sockets of an API as AsyncAPI 3.0, from the schemas that they are written with. */
export function asyncApiOf(
  info: { readonly title: string; readonly version: string; readonly description: string },
  channels: Readonly<Record<string, SocketChannel>>,
): AsyncApi {
  const each = Object.entries(channels).map(([name, { address, description, sent, received }]) => {
    const messages = (prefix: string, shapes: SocketChannel['sent'], io: 'input' | 'output') =>
      Object.entries(shapes).map(([type, shape]) => {
        const payload = schemaOf(shape, io);
        const examples = [{ payload: exampleOf(payload as Readonly<Record<string, unknown>>, type, io === 'output') }];
        return [`${prefix}${type.replaceAll('.', '_')}`, { name: type, title: type, payload, examples }] as const;
      });
    const told = messages('', sent, 'output');
    const heard = messages('client_', received, 'input');
    const channel = { $ref: `#/channels/${name}` };
    const references = (of: readonly (readonly [string, Message])[]) =>
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
        [`${name}Sends`, { action: 'send', channel, messages: references(told), security: SECURITY }],
        [`${name}Receives`, { action: 'receive', channel, messages: references(heard), security: SECURITY }],
      ] as const,
    };
  });
  return {
    asyncapi: '3.0.0',
    info: { ...info, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(each.map((one) => one.channel)),
    operations: Object.fromEntries(each.flatMap((one) => one.operations)),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key or an access token' } },
    },
  };
}
