import { numberOf } from '#core/people/withheld-number.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call } from '#core/calls/call.ts';
import type { ModelCatalog } from '#core/ai-agents/model-catalog.ts';
import { vendorVoiceOf } from '#core/voices/voices.ts';
import type { KnowledgeLookup } from '#agent-mind/knowledge-lookup.ts';
import { PreparedAgent, type DialogueOptions, type TalkOptions } from '#agent-mind/prepared-agent.ts';
import type { QuickAnswers } from '#agent-mind/quick-answers.ts';
import type { AgentTools } from '#agent-mind/tools/agent-tools.ts';
import type { ToolContext } from '#agent-mind/tools/tool-scene.ts';
import type { McpTools } from '#agent-mind/tools/mcp-tools.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import type { Campaign } from '#core/campaigns/campaign.ts';
import { scriptFor, type AgentScript } from './agent-script.ts';

export interface PreparedOptions extends DialogueOptions {
  /** The provider chains for a call that chose these vendors. */
  readonly providersFor: (chosen: { readonly voiceProvider: string; readonly modelProvider: string }) => Providers;
  readonly catalog: ModelCatalog;
  readonly quickAnswers: QuickAnswers;
}

type VendorVoiceOf = Awaited<ReturnType<typeof vendorVoiceOf>>;

/** Enough for the recogniser's vocabulary, and little to load before a call. */
const LIKELY_PASSAGES = 40;

/** The agent of one call with its script, tools, documents and models. */
/** The agent as it was when the call began, also if it was changed or deleted since. */
async function agentOf(call: Call, store: PreparedOptions['store']): Promise<AiAgent> {
  const agent = await store.agents.evenDeleted(call.agentId, call.agentVersion);
  if (!agent) throw new Error(`there is no agent ${call.agentId}`);
  return { ...agent, ...call.overrides.draft };
}

export class PreparedCall {
  readonly #prepared: PreparedAgent;
  readonly #options: PreparedOptions;
  /** Their words are likely on the call, so the recogniser gets them. */
  readonly #documents: readonly string[];
  /** Where the call's voice is one of the catalogue: the vendor's voice behind it. */
  readonly #voice: VendorVoiceOf;
  readonly #campaign: Pick<Campaign, 'script' | 'goal'> | null;

  private constructor(
    options: PreparedOptions,
    prepared: PreparedAgent,
    documents: readonly string[],
    voice: VendorVoiceOf,
    campaign: Pick<Campaign, 'script' | 'goal'> | null,
  ) {
    this.#options = options;
    this.#voice = voice;
    this.#prepared = prepared;
    this.#documents = documents;
    this.#campaign = campaign;
  }

  get agent(): AiAgent {
    return this.#prepared.agent;
  }

  /** Null if the agent has no documents. */
  get lookup(): KnowledgeLookup | null {
    return this.#prepared.lookup;
  }

  static async of(call: Call, options: PreparedOptions, mcp: McpTools): Promise<PreparedCall> {
    const { campaigns, conversations, knowledge } = options.store;
    const [talk, passages, campaign] = await Promise.all([
      conversations.ofCall(call.id),
      knowledge.firstPassages(call.agentId, LIKELY_PASSAGES),
      call.campaignId === null ? null : campaigns.find(call.organizationId, call.campaignId),
    ]);
    const prepared = await PreparedAgent.of(await agentOf(call, options.store), talk?.personId ?? null, options, mcp);
    const voiceId = call.overrides.voiceId ?? prepared.agent.voiceId;
    return new PreparedCall(
      options,
      prepared,
      passages.map((one) => one.text),
      await vendorVoiceOf(options.store, call.organizationId, voiceId),
      campaign,
    );
  }

  /** The agent's script for this call. */
  script(call: Call): AgentScript {
    const other = call.direction === 'inbound' ? call.from : call.to;
    const script = scriptFor(this.agent, call, {
      standard: this.#prepared.variables(other),
      documents: this.#documents,
      campaign: this.#campaign,
      quick: this.#options.quickAnswers.policy,
    });
    return this.#voice ? { ...script, voiceId: this.#voice.vendorId } : script;
  }

  /** `epoch` makes the keys of tool calls unique: the turn machine counts from one again after a takeover. */
  tools(call: Call, epoch: number, canTransfer: boolean, line: ToolContext['line']): AgentTools {
    const { id, sid, organizationId, conversationId, personId, direction, from, to } = call;
    return this.#prepared.tools({
      where: { conversationId, call: { id, epoch } },
      organizationId,
      subject: sid,
      keyPrefix: `${sid}-${epoch}`,
      personId,
      number: numberOf(direction === 'inbound' ? from : to),
      canTransfer,
      line,
    });
  }

  /** The providers for this call: the voice and model of the call if it names them, else those of the agent. */
  providers({ overrides: { voiceId, modelName } }: Call): Providers {
    const { providersFor, catalog } = this.#options;
    const { voiceProvider, modelProvider } = this.agent;
    return providersFor({
      voiceProvider: this.#voice?.provider ?? (voiceId === undefined ? voiceProvider : catalog.voiceProvider(voiceId)),
      modelProvider: modelName === undefined ? modelProvider : catalog.modelProvider(modelName),
    });
  }

  /** The models of this call; `metered` wraps each to count its usage. */
  models(
    inner: readonly LanguageModel[],
    metered: (models: readonly LanguageModel[]) => readonly LanguageModel[],
    talk: Omit<TalkOptions, 'medium'>,
  ): readonly LanguageModel[] {
    const { voiceProvider } = this.agent;
    return this.#prepared.models(
      inner,
      (modelProvider) => metered(this.#options.providersFor({ voiceProvider, modelProvider }).languageModels),
      { ...talk, medium: 'voice' },
    );
  }
}
