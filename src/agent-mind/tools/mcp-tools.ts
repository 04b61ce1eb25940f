import type { Log } from '#core/kernel/log.ts';
import { createMCPClient, type MCPClient } from '@ai-sdk/mcp';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { HttpClient } from '#core/kernel/http-client.ts';
import type { ArmedMcpServer } from '#core/tools/mcp-server.ts';
import type { ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import type { MoreTools } from './agent-tools.ts';
import { neverArrived, NO_ANSWER, NOT_REACHED } from './webhook-tool.ts';

/** How long a call waits for a server's list of tools. */
const CONNECT_MS = 3000;
/** How long a call waits for a server that did not answer the last time; the attempt itself goes on. */
const CONNECT_AGAIN_MS = 300;
const ANSWER_MS = 15_000;
/** How long a server's list of tools is cached. */
const FRESH_MS = 5 * 60_000;
const LONGEST_OUTPUT = 4000;

const MOST_PAGES = 50;
/** As many as of an agent's own; further tools of a server are left out. */
const MOST_TOOLS = 100;
/** As much as of an agent's own. Every model request holds all of it. */
const LARGEST_SCHEMA = 20_000;
const LONGEST_DESCRIPTION = 2000;

type ListedTool = Awaited<ReturnType<MCPClient['listTools']>>['tools'][number];

interface Connected {
  readonly client: MCPClient;
  readonly tools: readonly { readonly name: string; readonly definition: ToolDefinition }[];
  readonly atMs: number;
}

/** Tools of MCP servers. One connection per server serves all calls and is reopened after a failure. */
export class McpTools {
  readonly #http: HttpClient;
  readonly #secrets: Pick<Secrets, 'open'>;
  readonly #log: Pick<Log, 'warn'>;
  readonly #connected = new Map<number, Promise<Connected>>();
  /** Servers whose last attempt failed. */
  readonly #failing = new Set<number>();

  constructor(http: HttpClient, secrets: Pick<Secrets, 'open'>, log: Pick<Log, 'warn'>) {
    this.#http = http;
    this.#secrets = secrets;
    this.#log = log;
  }

  /** The tools of these servers; a server that does not answer in time is left out of this call. */
  async of(servers: readonly ArmedMcpServer[]): Promise<readonly MoreTools[]> {
    const found = await Promise.all(
      servers.map(async (armed) => {
        try {
          const connecting = this.#connect(armed);
          const isFailing = this.#failing.has(armed.server.id);
          return this.#toolsOf(armed, await (isFailing ? inTime(connecting, CONNECT_AGAIN_MS) : connecting));
        } catch (error) {
          this.#log.warn(
            { err: error, mcp_server: armed.server.id },
            'an MCP server does not answer; the call continues without its tools',
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
    // Running calls use the same connection, so that it is kept where it still answers.
    const made = known
      ? this.#listed(known.client, id).catch((error: unknown) => {
          if (!sessionLost(error)) throw error;
          void known.client.close().catch(() => undefined);
          return this.#open(armed);
        })
      : this.#open(armed);
    this.#connected.set(id, made);
    made.then(
      () => this.#failing.delete(id),
      () => {
        this.#failing.add(id);
        this.#forget(id, made);
      },
    );
    return made;
  }

  #forget(id: number, connection: Promise<Connected>): void {
    if (this.#connected.get(id) === connection) this.#connected.delete(id);
  }

  async #open({ server, sealedAuthorization }: ArmedMcpServer): Promise<Connected> {
    const headers: Record<string, string> =
      sealedAuthorization === null ? {} : { authorization: this.#secrets.open(sealedAuthorization) };
    const client = await inTime(
      createMCPClient({
        transport: { type: 'http', url: server.url, headers, fetch: this.#http.fetch },
        onUncaughtError: (error) =>
          this.#log.warn({ err: error, mcp_server: server.id }, 'the connection to an MCP server broke'),
      }),
    );
    return this.#listed(client, server.id);
  }

  /** Lists the tools of a server, page by page. */
  async #listed(client: MCPClient, id: number): Promise<Connected> {
    const listed = await inTime(
      (async () => {
        const all: ListedTool[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < MOST_PAGES && all.length <= MOST_TOOLS; page++) {
          const { tools: some, nextCursor } = await client.listTools(
            cursor === undefined ? {} : { params: { cursor } },
          );
          all.push(...some);
          if (nextCursor == null || nextCursor === cursor) break;
          cursor = nextCursor;
        }
        return all;
      })(),
    );
    const usable = listed.filter(isUsable);
    const tools = usable.slice(0, MOST_TOOLS);
    if (tools.length < listed.length)
      this.#log.warn(
        { mcp_server: id, too_large: listed.length - usable.length, too_many: usable.length > MOST_TOOLS },
        'tools of an MCP server are left out',
      );
    return { client, atMs: performance.now(), tools: tools.map(toolOf) };
  }

  #toolsOf(armed: ArmedMcpServer, { tools }: Connected): MoreTools {
    const { id } = armed.server;
    const call = async ({ client }: Connected, name: string, args: ToolArgs): Promise<ToolOutcome> => {
      const result = await client.callTool({ name, arguments: args, options: { timeout: ANSWER_MS } });
      return { status: 'isError' in result && result.isError ? 'failed' : 'ok', output: textOf(result) };
    };
    return {
      definitions: tools.map((tool) => tool.definition),
      run: async (name, args): Promise<ToolOutcome> => {
        const tool = tools.find((one) => one.definition.name === name)!;
        const connection = this.#connected.get(id) ?? this.#connect(armed);
        try {
          return await call(await connection, tool.name, args);
        } catch (error) {
          this.#forget(id, connection);
          const nothingDone = sessionLost(error) || neverArrived(error);
          this.#log.warn({ err: error, mcp_server: id, again: nothingDone }, 'a tool of an MCP server gave no answer');
          if (!nothingDone) return NO_ANSWER;
        }
        // A server that does not know the session has not run the request.
        try {
          return await call(await this.#connect(armed), tool.name, args);
        } catch (error) {
          this.#log.warn({ err: error, mcp_server: id }, 'a tool of an MCP server gave no answer again');
          return sessionLost(error) || neverArrived(error) ? { status: 'failed', output: NOT_REACHED } : NO_ANSWER;
        }
      },
    };
  }
}

function inTime<T>(work: Promise<T>, ms = CONNECT_MS): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * The protocol's answer to a session that the server does not know is 404; some servers answer 400 or an error of
 * JSON-RPC that says so.
 */
function sessionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const {
    statusCode,
    code,
    responseBody = '',
  } = error as { statusCode?: number; code?: number; responseBody?: string };
  if (statusCode === 404) return true;
  const says = /session/i.test(`${error.message} ${responseBody}`);
  return says && (statusCode === 400 || code === -32001 || code === -32000);
}

function isUsable({ inputSchema }: ListedTool): boolean {
  try {
    return JSON.stringify(inputSchema).length <= LARGEST_SCHEMA;
  } catch (error) {
    // Nested too deeply to be written.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function toolOf({ name, description, inputSchema, annotations }: ListedTool): Connected['tools'][number] {
  const properties = (inputSchema.properties ?? {}) as Record<string, { description?: unknown } | undefined>;
  const required = new Set((inputSchema as { required?: readonly string[] }).required ?? []);
  const parameters = Object.fromEntries(
    Object.entries(properties).map(([param, property]) => [
      param,
      {
        description: typeof property?.description === 'string' ? property.description : param.replaceAll(/[_-]/g, ' '),
        required: required.has(param),
      },
    ]),
  );
  return {
    name,
    definition: {
      name: name.replaceAll(/[^\w-]/g, '_').slice(0, 64),
      description: (description ?? name).slice(0, LONGEST_DESCRIPTION),
      parameters,
      schema: inputSchema,
      ...(changesThings(annotations) ? { confirm: true } : {}),
    },
  };
}

/** A tool without hints counts as read-only. */
const changesThings = ({ readOnlyHint, destructiveHint }: NonNullable<ListedTool['annotations']> = {}) =>
  readOnlyHint !== true && (readOnlyHint === false || destructiveHint === true);

function textOf(result: object): string {
  const content =
    'content' in result && Array.isArray(result.content) ? (result.content as { type: string; text?: string }[]) : [];
  const text = content.flatMap((one) => (one.type === 'text' && one.text !== undefined ? [one.text] : [])).join('\n');
  return (text === '' ? JSON.stringify(result) : text).slice(0, LONGEST_OUTPUT);
}
