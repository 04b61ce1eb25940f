import { RecordsUnavailable } from '#core/kernel/errors.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import { builtInNames, isBuiltIn, type ToolStatus } from '#core/tools/tool.ts';
import type { ModelMessage, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { checkArguments } from './arguments.ts';
import { BUILT_INS } from './built-in-tools.ts';
import { holdBack, isConfirmed, type ToolRequest } from './confirmation.ts';
import type { ToolContext } from './tool-scene.ts';
import { definitionOf, runWebhookTool, type WebhookToolOptions } from './webhook-tool.ts';

const NOT_RECORDED = 'This cannot be done at present, because it cannot be recorded. It was not done. Say so.';
/** How long storing an outcome is retried. */
const RETRY_FOR_MS = 300_000;
const RETRY_INTERVAL_MS = 1000;

const LOGGED_REASON = 300;

/** A set of tools: those of an MCP server, or of the agent's documents. */
export interface MoreTools {
  readonly definitions: readonly ToolDefinition[];
  run(name: string, args: ToolArgs, key: string): Promise<ToolOutcome>;
}

/**
 * The tools of an agent in one conversation. Each tool call has a key and is stored with its arguments and outcome; a
 * key
 * that is stored already is never run again.
 */
export class AgentTools {
  readonly definitions: readonly ToolDefinition[];
  readonly #scene: ToolContext;
  readonly #http: WebhookToolOptions;
  readonly #own: ReadonlyMap<string, ArmedTool>;
  readonly #sets: readonly MoreTools[];

  constructor(
    scene: ToolContext,
    http: WebhookToolOptions,
    own: readonly ArmedTool[],
    documents: MoreTools | null,
    servers: readonly MoreTools[],
  ) {
    this.#scene = scene;
    this.#http = http;
    this.#own = new Map(own.map((armed) => [armed.tool.name, armed]));
    this.#sets = [...(documents ? [documents] : []), ...servers];
    const allowed = builtInNames(scene.agent.builtInTools);
    const ours = [
      ...BUILT_INS.map((one) => one.definition).filter((one) => allowed.has(one.name)),
      ...own.map(definitionOf),
      ...(documents?.definitions ?? []),
    ];
    const taken = new Set(ours.map((one) => one.name));
    // The first tool with a name wins, so that an MCP server cannot replace a built-in tool.
    this.definitions = [
      ...ours,
      ...servers
        .flatMap((one) => one.definitions)
        .filter((one) => !isBuiltIn(one.name) && !taken.has(one.name) && taken.add(one.name)),
    ];
  }

  /** `talk`: the conversation until now. What changes something outside it runs once the caller has agreed. */
  async run(turnKey: string, name: string, args: ToolArgs, talk: readonly ModelMessage[]): Promise<ToolOutcome> {
    const { where, keyPrefix, store, clock } = this.#scene;
    const key = `${keyPrefix}-${turnKey}`;
    const began = performance.now();
    let first: boolean;
    try {
      const toolId = this.#own.get(name)?.tool.id ?? null;
      first = await store.tools.begin({ ...where, key, toolId, name, input: args, startedAt: clock.now() });
    } catch (error) {
      // A tool that cannot be recorded is not run, because it might run twice.
      if (error instanceof RecordsUnavailable) return { status: 'failed', output: NOT_RECORDED };
      throw error;
    }
    if (!first) return { status: 'unknown', output: 'This was asked for before, and is not done again.' };
    const finish = (status: ToolStatus, output: string, durationMs = Math.round(performance.now() - began)) =>
      writeWithRetry(() => store.tools.finish(where.conversationId, key, { status, output, durationMs }));
    let outcome: ToolOutcome;
    try {
      outcome = await this.#run({ key: turnKey, name, args }, talk, key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(name, key, 'failed', reason);
      await finish('failed', reason);
      throw error;
    }
    // A refusal of a built-in tool, such as a booked time, is a normal answer.
    if (outcome.status !== 'ok' && outcome.status !== 'unconfirmed' && !isBuiltIn(name))
      this.#warn(name, key, outcome.status, outcome.output);
    await finish(outcome.status, outcome.output);
    return outcome;
  }

  #warn(tool: string, key: string, status: string, reason: string): void {
    const { subject, agent } = this.#scene;
    this.#http.log.warn(
      { tool, agent: `agent_${agent.id}`, talk: subject, key, status, reason: reason.slice(0, LOGGED_REASON) },
      'a tool failed',
    );
  }

  async #run(request: ToolRequest, talk: readonly ModelMessage[], key: string): Promise<ToolOutcome> {
    const { name } = request;
    const definition = this.definitions.find((one) => one.name === name);
    if (!definition) return { status: 'failed', output: `There is no tool ${name}.` };
    const checked = checkArguments(definition, request.args);
    if ('problem' in checked) return { status: 'failed', output: checked.problem };
    const { args } = checked;
    const builtIn = BUILT_INS.find((one) => one.definition.name === name);
    if (definition.confirm && !isConfirmed(talk, request, this.#scene.timeZone)) {
      const plan = await builtIn?.plan?.(this.#scene, args as Readonly<Record<string, string>>);
      if (plan && 'status' in plan) return plan;
      return { status: 'unconfirmed', output: holdBack({ name, args }, plan?.would ?? null) };
    }
    const own = this.#own.get(name);
    if (own) return runWebhookTool(this.#http, own, this.#scene, key, args);
    if (builtIn) return builtIn.run(this.#scene, args as Readonly<Record<string, string>>);
    return this.#sets
      .find((one) => one.definitions.some((definition) => definition.name === name))!
      .run(name, args, key);
  }
}

/** Resolves after the first try; during a database outage it continues to retry in the background. */
async function writeWithRetry(write: () => Promise<void>, until = performance.now() + RETRY_FOR_MS): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof RecordsUnavailable) || performance.now() > until) throw error;
    // An outcome that was never stored counts as unknown when the call ends.
    setTimeout(() => void writeWithRetry(write, until).catch(() => undefined), RETRY_INTERVAL_MS).unref();
  }
}
