import { createMCPClient, type MCPClient } from '@ai-sdk/mcp';
import type { HttpClient, Secrets } from '#core/kernel/ports.ts';
import type { ArmedMcpServer } from '#core/tools/mcp-servers.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/voice-session.ts';
import type { MoreTools } from './agent-tools.ts';
import { neverArrived, NO_ANSWER, NOT_REACHED } from './webhook-tool.ts';

/** A call does not wait longer than this for a server to say what it can. */
const CONNECT_MS = 3000;
const ANSWER_MS = 15_000;
/** What a server can is asked anew after this. */
const FRESH_MS = 5 * 60_000;
const LONGEST_OUTPUT = 4000;

interface Property {
  readonly type?: unknown;
  readonly description?: unknown;
}

interface Connected {
  readonly client: MCPClient;
  readonly tools: readonly {
    readonly name: string;
    readonly definition: ToolDefinition;
    readonly properties: Readonly<Record<string, Property>>;
  }[];
  readonly atMs: number;
}

/** Tools of other servers, by the Model Context Protocol. A connection serves all calls, and is made anew when it fails. */
export class McpTools {
  readonly #http: HttpClient;
  readonly #secrets: Pick<Secrets, 'open'>;
  readonly #log: { warn(fields: object, message: string): void };
  readonly #connected = new Map<number, Promise<Connected>>();

  constructor(http: HttpClient, secrets: Pick<Secrets, 'open'>, log: { warn(fields: object, message: string): void }) {
    this.#http = http;
    this.#secrets = secrets;
    this.#log = log;
  }

  /** What these servers can; one that does not answer in time is left out of this call. */
  async of(servers: readonly ArmedMcpServer[]): Promise<readonly MoreTools[]> {
    const found = await Promise.all(
      servers.map(async (armed) => {
        try {
          return this.#toolsOf(armed, await this.#connect(armed));
        } catch (error) {
          this.#log.warn(
            { err: error, mcp_server: armed.server.id },
            'a server of tools does not answer: the call goes on without',
          );
          return null;
        }
      }),
    );
    return found.filter((one) => one !== null);
  }

  async close(): Promise<void> {
    for (const connected of this.#connected.values())
      await connected.then(({ client }) => client.close()).catch(() => undefined);
    this.#connected.clear();
  }

  async #connect(armed: ArmedMcpServer): Promise<Connected> {
    const { id } = armed.server;
    const known = await this.#connected.get(id)?.catch(() => null);
    if (known && performance.now() - known.atMs < FRESH_MS) return known;
    if (known) void known.client.close().catch(() => undefined);
    const made = this.#open(armed);
    this.#connected.set(id, made);
    made.catch(() => this.#connected.delete(id));
    return made;
  }

  async #open({ server, sealedAuthorization }: ArmedMcpServer): Promise<Connected> {
    const headers: Record<string, string> =
      sealedAuthorization === null ? {} : { authorization: this.#secrets.open(sealedAuthorization) };
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS).unref(),
    );
    const client = await Promise.race([
      createMCPClient({
        transport: { type: 'http', url: server.url, headers, fetch: this.#http.fetch },
        onUncaughtError: () => void this.#connected.delete(server.id),
      }),
      late,
    ]);
    const { tools } = await Promise.race([client.listTools(), late]);
    return {
      client,
      atMs: performance.now(),
      tools: tools.map(({ name, description, inputSchema }) => {
        const properties = (inputSchema.properties ?? {}) as Record<string, Property>;
        const required = new Set((inputSchema as { required?: readonly string[] }).required ?? []);
        const parameters = Object.fromEntries(
          Object.entries(properties).map(([param, property]) => [
            param,
            {
              description:
                typeof property.description === 'string' ? property.description : param.replaceAll(/[_-]/g, ' '),
              required: required.has(param),
            },
          ]),
        );
        return {
          name,
          properties,
          definition: {
            name: name.replaceAll(/[^\w-]/g, '_').slice(0, 64),
            description: description ?? name,
            parameters,
          },
        };
      }),
    };
  }

  #toolsOf({ server }: ArmedMcpServer, { client, tools }: Connected): MoreTools {
    return {
      definitions: tools.map((tool) => tool.definition),
      run: async (name, args): Promise<ToolOutcome> => {
        const tool = tools.find((one) => one.definition.name === name)!;
        try {
          const result = await client.callTool({
            name: tool.name,
            arguments: typed(args, tool.properties),
            options: { timeout: ANSWER_MS },
          });
          return { status: 'isError' in result && result.isError ? 'failed' : 'ok', output: textOf(result) };
        } catch (error) {
          this.#connected.delete(server.id);
          this.#log.warn({ err: error, mcp_server: server.id }, 'a tool of another server gave no answer');
          return neverArrived(error) ? { status: 'failed', output: NOT_REACHED } : NO_ANSWER;
        }
      },
    };
  }
}

/** Texts as the server wants them: numbers, yes and no, lists. */
function typed(
  args: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, Property>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const type = properties[name]?.type;
      if (type === undefined || type === 'string') return [name, value];
      try {
        return [name, JSON.parse(value) as unknown];
      } catch {
        return [name, value];
      }
    }),
  );
}

function textOf(result: object): string {
  const content =
    'content' in result && Array.isArray(result.content) ? (result.content as { type: string; text?: string }[]) : [];
  const text = content.flatMap((one) => (one.type === 'text' && one.text !== undefined ? [one.text] : [])).join('\n');
  return (text === '' ? JSON.stringify(result) : text).slice(0, LONGEST_OUTPUT);
}
