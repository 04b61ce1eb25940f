import { RecordsUnavailable } from '#core/kernel/errors.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import { DO_NOT_CALL, isBuiltIn, type ToolStatus } from '#core/tools/tool.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/voice-session.ts';
import { BUILT_INS, type ToolScene } from './built-in-tools.ts';
import { definitionOf, runWebhookTool, type WebhookToolOptions } from './webhook-tool.ts';

const NOT_RECORDED = 'This cannot be done at present, because it cannot be recorded. It was not done. Say so.';
/** How long an outcome is tried to be recorded. */
const INSIST_MS = 300_000;
const AGAIN_MS = 1000;

/** Tools that come as a set: those of a server (MCP), or of the agent's documents. */
export interface MoreTools {
  readonly definitions: readonly ToolDefinition[];
  run(name: string, args: Readonly<Record<string, string>>, key: string): Promise<ToolOutcome>;
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
    const allowed = new Set<string>([...scene.agent.builtInTools, DO_NOT_CALL]);
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

  async run(turnKey: string, name: string, args: Readonly<Record<string, string>>): Promise<ToolOutcome> {
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
    try {
      const outcome = await this.#run(name, args, key);
      await finish(outcome.status, outcome.output);
      return outcome;
    } catch (error) {
      await finish('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #run(name: string, args: Readonly<Record<string, string>>, key: string): Promise<ToolOutcome> {
    const own = this.#own.get(name);
    if (own) return runWebhookTool(this.#http, own, this.#scene, key, args);
    if (!this.definitions.some((one) => one.name === name))
      return Promise.resolve({ status: 'failed', output: `There is no tool ${name}.` });
    const builtIn = BUILT_INS.find((one) => one.definition.name === name);
    if (builtIn) return builtIn.run(this.#scene, args);
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
