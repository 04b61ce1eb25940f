import type { Log } from '#core/kernel/log.ts';
import type { FairTurns } from '#core/kernel/fair-turns.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import { standardVariables } from '#core/ai-agents/variables.ts';
import type { Passage } from '#core/knowledge/document.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { HttpClient } from '#core/kernel/http-client.ts';
import { recollect } from '#core/memory/remember.ts';
import { notesOf } from '#core/memory/notes.ts';
import type { Store } from '#core/records.ts';
import type { Organization } from '#core/identity/organization.ts';
import { LOOK_UP } from '#core/tools/tool.ts';
import type { ArmedTool } from '#core/tools/tool-store.ts';
import type { LanguageModel, Medium, ModelRequest } from '#engine/contracts/language-model.ts';
import { chained, type Link } from './chain.ts';
import { KnowledgeLookup } from './knowledge-lookup.ts';
import { modelGone } from './model-gone.ts';
import type { VendorWatch } from './vendor-watch.ts';
import { AgentTools, type MoreTools } from './tools/agent-tools.ts';
import type { ToolContext } from './tools/tool-scene.ts';
import type { McpTools } from './tools/mcp-tools.ts';

export interface DialogueOptions {
  readonly store: Store;
  readonly clock: WallClock;
  readonly http: HttpClient;
  readonly secrets: Secrets;
  readonly searchKnowledge: (agentId: number, question: string, limit: number) => Promise<readonly Passage[]>;
  readonly log: Pick<Log, 'warn'>;
  /** Slots for tool requests. */
  readonly toolPlaces: FairTurns;
}

/** Options of one conversation. */
export interface TalkOptions {
  readonly medium: Medium;
  readonly watch: VendorWatch;
  /** Whether the call can be transferred. */
  readonly canTransfer: boolean;
}

/** The models for a vendor with its fallbacks, in order. */
export type ModelsFor = (modelProvider: string) => readonly LanguageModel[];

/**
 * Settings, documents, memory and tools of an agent for one conversation; loaded before the person waits for an answer.
 */
export class PreparedAgent {
  readonly agent: AiAgent;
  /** Null if it has no documents. */
  readonly lookup: KnowledgeLookup | null;
  readonly #options: DialogueOptions;
  readonly #ownTools: readonly ArmedTool[];
  readonly #serverTools: readonly MoreTools[];
  readonly #helpers: readonly AiAgent[];
  /** What is known of the person. */
  readonly #notes: readonly string[];
  readonly #organization: Organization;

  private constructor(
    options: DialogueOptions,
    agent: AiAgent,
    parts: {
      lookup: KnowledgeLookup | null;
      ownTools: readonly ArmedTool[];
      serverTools: readonly MoreTools[];
      helpers: readonly AiAgent[];
      notes: readonly string[];
      organization: Organization;
    },
  ) {
    this.#options = options;
    this.agent = agent;
    this.lookup = parts.lookup;
    this.#ownTools = parts.ownTools;
    this.#serverTools = parts.serverTools;
    this.#helpers = parts.helpers;
    this.#notes = parts.notes;
    this.#organization = parts.organization;
  }

  /** `personId`: the person, if known. */
  static async of(
    agent: AiAgent,
    personId: number | null,
    options: DialogueOptions,
    mcp: McpTools,
  ): Promise<PreparedAgent> {
    const { store, searchKnowledge } = options;
    const [organization, knows, ownTools, servers, helpers, remembered] = await Promise.all([
      store.organizations.get(agent.organizationId),
      store.knowledge.hasDocuments(agent.id),
      store.tools.list(agent.id),
      store.mcpServers.list(agent.id),
      Promise.all(agent.chain.map((id) => store.agents.find(agent.organizationId, id))),
      personId === null ? null : recollect(store, personId),
    ]);
    return new PreparedAgent(options, agent, {
      lookup:
        knows && agent.builtInTools.includes(LOOK_UP)
          ? new KnowledgeLookup((question, limit) => searchKnowledge(agent.id, question, limit))
          : null,
      ownTools,
      serverTools: await mcp.of(servers),
      helpers: helpers.filter((one) => one !== null && one.isActive) as AiAgent[],
      notes: remembered ? notesOf(remembered) : [],
      organization: organization!,
    });
  }

  tools(scene: Omit<ToolContext, 'agent' | 'timeZone' | 'store' | 'clock' | 'secrets'>): AgentTools {
    const { store, clock, http, secrets, log, toolPlaces: places } = this.#options;
    return new AgentTools(
      { ...scene, agent: this.agent, timeZone: this.#organization.timeZone, store, clock, secrets },
      { http, secrets, clock, log, places },
      this.#ownTools,
      this.lookup,
      this.#serverTools,
    );
  }

  /** The instant, and the organization's zone. */
  get now(): NonNullable<ModelRequest['now']> {
    return { at: this.#options.clock.now(), timeZone: this.#organization.timeZone };
  }

  /** The standard variables of a conversation with the owner of this number. */
  variables(number: string | null): Readonly<Record<string, string>> {
    return standardVariables(this.agent, this.now, number);
  }

  /** Replaces the offline rules at the end of the chain by an apology, unless the organization wants the rules. */
  #lastWord(models: readonly LanguageModel[], { canTransfer }: TalkOptions): readonly LanguageModel[] {
    const { agent } = this;
    const vendorsAlone = models.filter((model) => !model.byRules);
    const rulesWanted = this.#organization.whenModelFails === 'offline_rules' || agent.type !== 'conversation';
    if (rulesWanted || vendorsAlone.length === 0 || vendorsAlone.length === models.length) return models;
    return [...vendorsAlone, modelGone(canTransfer && agent.transferNumber !== null)];
  }

  /** Wraps models with the agent's documents, memory and helpers. */
  models(inner: readonly LanguageModel[], modelsFor: ModelsFor, talk: TalkOptions): readonly LanguageModel[] {
    const { agent } = this;
    const { log } = this.#options;
    const { medium, watch } = talk;
    const links = this.#helpers.map((helper): Link => ({ agent: helper, models: modelsFor(helper.modelProvider) }));
    const told = this.#lastWord(inner, talk).map((model): LanguageModel => ({
      id: model.id,
      generate: (request, onPart) => {
        const run = model.generate(
          {
            ...request,
            medium,
            now: this.now,
            ...(agent.temperature === null ? {} : { temperature: agent.temperature }),
            ...(agent.maxTokens === null ? {} : { maxTokens: agent.maxTokens }),
            notes: [...this.#notes, ...(request.notes ?? [])],
          },
          (part) => {
            if (part.type === 'error') watch.failed(model.id, 'think', part);
            else if (part.type === 'done') watch.answered(model.id);
            onPart(part);
          },
        );
        return {
          abort: (why) => {
            if (why) watch.failed(model.id, 'think', why);
            run.abort(why);
          },
        };
      },
    }));
    return told.map((model) => {
      const knowing = this.lookup ? this.lookup.model(model) : model;
      return links.length === 0
        ? knowing
        : chained(knowing, {
            links,
            notes: this.#notes,
            medium,
            now: () => this.now,
            leftOut: (link, why) =>
              log.warn({ agent: agent.id, helper: link.id, why }, 'a helper agent was left out of a turn'),
          });
    });
  }
}
