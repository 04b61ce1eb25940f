import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call } from '#core/calls/call.ts';
import type { Passage } from '#core/knowledge/document.ts';
import type { HttpClient, Secrets, WallClock } from '#core/kernel/ports.ts';
import type { ModelCatalog, Store } from '#core/ports.ts';
import { LOOK_UP } from '#core/tools/tool.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import type { Providers } from '#engine/voice-session.ts';
import { KnowledgeLookup } from './knowledge-lookup.ts';
import { AgentTools, type MoreTools } from './tools/agent-tools.ts';
import type { McpTools } from './tools/mcp-tools.ts';

export interface PreparedOptions {
  readonly store: Store;
  readonly clock: WallClock;
  readonly http: HttpClient;
  readonly secrets: Secrets;
  readonly searchKnowledge: (agentId: number, question: string, limit: number) => Promise<readonly Passage[]>;
  /** The chains that a call with these vendors tries. */
  readonly providersFor: (chosen: { readonly voiceProvider: string; readonly modelProvider: string }) => Providers;
  readonly catalog: ModelCatalog;
}

/** Everything that a call's agent is, knows and can do. Asked for before anybody is there to wait for it. */
export class PreparedCall {
  readonly agent: AiAgent;
  /** Null where it has no documents. */
  readonly lookup: KnowledgeLookup | null;
  readonly #options: PreparedOptions;
  readonly #ownTools: readonly ArmedTool[];
  readonly #serverTools: readonly MoreTools[];

  private constructor(options: PreparedOptions, agent: AiAgent, lookup: KnowledgeLookup | null, ownTools: readonly ArmedTool[], serverTools: readonly MoreTools[]) {
    this.#options = options;
    this.agent = agent;
    this.lookup = lookup;
    this.#ownTools = ownTools;
    this.#serverTools = serverTools;
  }

  static async of(call: Call, options: PreparedOptions, mcp: McpTools): Promise<PreparedCall> {
    const { store, searchKnowledge } = options;
    const agent = await store.agents.evenDeleted(call.agentId);
    if (!agent) throw new Error(`call ${call.sid} names an agent that does not exist`);
    const [knows, ownTools, servers] = await Promise.all([store.knowledge.hasDocuments(agent.id), store.tools.list(agent.id), store.mcpServers.list(agent.id)]);
    const lookup = knows && agent.builtInTools.includes(LOOK_UP) ? new KnowledgeLookup((question, limit) => searchKnowledge(agent.id, question, limit)) : null;
    return new PreparedCall(options, agent, lookup, ownTools, await mcp.of(servers));
  }

  tools(call: Call, epoch: number, canTransfer: boolean): AgentTools {
    const { store, clock, http, secrets } = this.#options;
    return new AgentTools({ call, agent: this.agent, store, clock, secrets, canTransfer }, { http, secrets, clock }, epoch, this.#ownTools, this.lookup, this.#serverTools);
  }

  /** The vendors that this call tries: its own voice and model where it names some, else its agent's. */
  providers({ overrides: { voiceId, modelName } }: Call): Providers {
    const { providersFor, catalog } = this.#options;
    return providersFor({ voiceProvider: voiceId === undefined ? this.agent.voiceProvider : catalog.voiceProvider(voiceId), modelProvider: modelName === undefined ? this.agent.modelProvider : catalog.modelProvider(modelName) });
  }
}
