import { RecordsUnavailable } from '#core/kernel/errors.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import { builtInNames, isBuiltIn, type ToolStatus } from '#core/tools/tool.ts';
import type { ModelMessage, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { checkArguments } from './arguments.ts';
import { BUILT_INS } from './built-in-tools.ts';
import { holdBack, isConfirmed, type ToolRequest } from './confirmation.ts';
import type { ToolScene } from './tool-scene.ts';
import { definitionOf, runWebhookTool, type WebhookToolOptions } from './webhook-tool.ts';

const NOT_RECORDED = 'This cannot be done at present, because it cannot be recorded. It was not done. Say so.';
/** How long an outcome is tried to be recorded. */
const INSIST_MS = 300_000;
const AGAIN_MS = 1000;

const LOGGED_REASON = 300;

/** Tools that come as a set: those of a server (MCP), or of the agent's documents. */
export interface MoreTools {
  readonly definitions: readonly ToolDefinition[];
  run(name: string, args: ToolArgs, key: string): Promise<ToolOutcome>;
}

/**
 * All that one agent can do in one talk. Each decision has a key: what it was given and what became of it stands on record,
 * and a key that is there already is never run again.
 */
export class AgentTools {
  readonly definitions: readonly ToolDefinition[];
  readonly #scene: ToolScene;
  readonly #http: WebhookToolOptions;
  readonly #own: ReadonlyMap<string, ArmedTool>;
  readonly #sets: readonly MoreTools[];

  constructor(
    scene: ToolScene,
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
    // Whoever comes first has a name: another server cannot put itself in the place of ours.
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
      // What cannot be recorded is not done: it could be done twice.
      if (error instanceof RecordsUnavailable) return { status: 'failed', output: NOT_RECORDED };
      throw error;
    }
    if (!first) return { status: 'unknown', output: 'This was asked for before, and is not done again.' };
    const finish = (status: ToolStatus, output: string, durationMs = Math.round(performance.now() - began)) =>
      insist(() => store.tools.finish(where, key, { status, output, durationMs }));
    let outcome: ToolOutcome;
    try {
      outcome = await this.#run({ key: turnKey, name, args }, talk, key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(name, key, 'failed', reason);
      await finish('failed', reason);
      throw error;
    }
    // What a built-in tool refuses, such as a time that is taken, is an answer like any other.
    if (outcome.status !== 'ok' && outcome.status !== 'unconfirmed' && !isBuiltIn(name))
      this.#warn(name, key, outcome.status, outcome.output);
    await finish(outcome.status, outcome.output);
    return outcome;
  }

  #warn(tool: string, key: string, status: string, reason: string): void {
    const { subject, agent } = this.#scene;
    this.#http.log.warn(
      { tool, agent: `agent_${agent.id}`, talk: subject, key, status, reason: reason.slice(0, LOGGED_REASON) },
      'a tool did not do what it was asked',
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

/** Resolves after the first try; where the database is away, further ones go on without anybody waiting for them. */
async function insist(write: () => Promise<void>, until = performance.now() + INSIST_MS): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof RecordsUnavailable) || performance.now() > until) throw error;
    // What is never recorded counts as unknown when the call ends.
    setTimeout(() => void insist(write, until).catch(() => undefined), AGAIN_MS).unref();
  }
}
