import type { Log } from '#core/kernel/log.ts';
import type { FairTurns } from '#core/kernel/fair-turns.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { HttpClient, HttpReply } from '#core/kernel/http-client.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import type { ToolDefinition, ToolArgs } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { isAction } from './action.ts';
import type { ToolContext } from './tool-scene.ts';

/** Time for all tries together; shorter than the turn machine's limit. */
const ANSWER_MS = 9000;
const RETRY_AFTER_MS = 300;
/** Only quick failures are retried, so that time is left for the answer. */
const RETRY_WITHIN_MS = 4000;
const MOST_BYTES = 32 * 1024;
const LONGEST_OUTPUT = 4000;
/** Statuses of requests that were not accepted and can be sent again. */
const TRY_AGAIN = new Set([429, 502, 503, 504]);

/** Concurrent requests, so that slow servers of one organization do not block others. */
export const TOOL_PLACES = { atOnce: 1024, perKey: 64, waitingPerKey: 64 };

export interface WebhookToolOptions {
  readonly places: FairTurns;
  readonly http: HttpClient;
  readonly secrets: Pick<Secrets, 'open' | 'signedHeaders'>;
  readonly clock: WallClock;
  readonly log: Pick<Log, 'warn'>;
}

export function definitionOf({ tool }: ArmedTool): ToolDefinition {
  const params = (names: readonly string[], required: boolean) =>
    names.map((name) => [name, { description: name.replaceAll(/[_-]/g, ' '), required }] as const);
  return {
    name: tool.name,
    description: tool.description,
    parameters: Object.fromEntries([...params(tool.requiredParams, true), ...params(tool.optionalParams, false)]),
    ...((tool.confirm ?? isAction(tool.name, tool.description)) ? { confirm: true } : {}),
    ...(tool.parameters === null ? {} : { schema: withNames(tool.parameters, tool.requiredParams) }),
  };
}

/** Adds the required parameter names to the schema. */
function withNames(
  schema: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (names.length === 0) return schema;
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  return { ...schema, required: [...new Set([...required, ...names])] };
}

/**
 * Sends a tool call to its server, signed like a webhook. All tries have the same `key`, so that the server can run it
 * once.
 * Without an answer the outcome is `unknown`. If the organization has too many requests in progress, no request is sent
 * and
 * the outcome is `failed`.
 */
export async function runWebhookTool(
  options: WebhookToolOptions,
  armed: ArmedTool,
  scene: Pick<ToolContext, 'where' | 'subject' | 'organizationId'>,
  key: string,
  args: ToolArgs,
): Promise<ToolOutcome> {
  const began = performance.now();
  const release = await options.places.take(scene.organizationId, AbortSignal.timeout(RETRY_WITHIN_MS));
  if (!release) return { status: 'failed', output: 'Too many requests to tools are under way. It was not asked.' };
  try {
    return await ask(options, armed, scene, key, args, began);
  } finally {
    release();
  }
}

async function ask(
  { http, secrets, clock }: WebhookToolOptions,
  { tool, sealedSecret }: ArmedTool,
  { where, subject }: Pick<ToolContext, 'where' | 'subject'>,
  key: string,
  args: ToolArgs,
  began: number,
): Promise<ToolOutcome> {
  const body = JSON.stringify({
    tool: tool.name,
    parameters: args,
    ...(where.call ? { call_sid: subject } : { call_sid: null, conversation_id: subject }),
  });
  for (let retried = false; ; retried = true) {
    let problem: string;
    try {
      const reply = await http.send({
        method: 'POST',
        url: tool.webhookUrl,
        timeoutMs: ANSWER_MS - (performance.now() - began),
        mostBytes: MOST_BYTES,
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Trunkline',
          'idempotency-key': key,
          ...secrets.signedHeaders(secrets.open(sealedSecret), key, clock.now(), body),
        },
      });
      if (reply.status >= 200 && reply.status < 300) return { status: 'ok', output: textOf(reply) };
      if (!TRY_AGAIN.has(reply.status))
        return { status: 'failed', output: `The tool refused (${reply.status}). ${textOf(reply)}`.trim() };
      problem = `The tool is not available (${reply.status}).`;
    } catch (error) {
      if (!neverArrived(error)) return NO_ANSWER;
      problem = NOT_REACHED;
    }
    if (retried || performance.now() - began > RETRY_WITHIN_MS) return { status: 'failed', output: problem };
    await new Promise((again) => setTimeout(again, RETRY_AFTER_MS));
  }
}

/** The outcome of a tool that gave no answer. */
export const NO_ANSWER: ToolOutcome = {
  status: 'unknown',
  output: 'No answer came, so it is unknown whether it was done. It is not done again.',
};
export const NOT_REACHED = 'The tool could not be reached.';

/** Whether a request surely did nothing because there was no connection. Libraries wrap the cause. */
export function neverArrived(error: unknown): boolean {
  const { code, name, cause } = error as { code?: string; name?: string; cause?: unknown };
  if (cause instanceof Error && neverArrived(cause)) return true;
  return (
    name === 'ForbiddenAddress' ||
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(
      code ?? '',
    )
  );
}

function textOf(reply: HttpReply): string {
  return new TextDecoder().decode(reply.body).slice(0, LONGEST_OUTPUT).trim();
}
