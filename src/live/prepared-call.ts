import { numberOf } from '#core/people/nobody.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call } from '#core/calls/call.ts';
import type { ModelCatalog } from '#core/ai-agents/model-catalog.ts';
import type { KnowledgeLookup } from '#agent-mind/knowledge-lookup.ts';
import { PreparedAgent, type DialogueOptions, type TalkOptions } from '#agent-mind/prepared-agent.ts';
import type { AgentTools } from '#agent-mind/tools/agent-tools.ts';
import type { McpTools } from '#agent-mind/tools/mcp-tools.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import { scriptFor, type AgentScript } from './agent-script.ts';

export interface PreparedOptions extends DialogueOptions {
  /** The chains that a call with these vendors tries. */
  readonly providersFor: (chosen: { readonly voiceProvider: string; readonly modelProvider: string }) => Providers;
  readonly catalog: ModelCatalog;
}

/** A call's agent, got ready for it. */
export class PreparedCall {
  readonly #prepared: PreparedAgent;
  readonly #options: PreparedOptions;

  private constructor(options: PreparedOptions, prepared: PreparedAgent) {
    this.#options = options;
    this.#prepared = prepared;
  }

  get agent(): AiAgent {
    return this.#prepared.agent;
  }

  /** Null where its agent has no documents. */
  get lookup(): KnowledgeLookup | null {
    return this.#prepared.lookup;
  }

  static async of(call: Call, options: PreparedOptions, mcp: McpTools): Promise<PreparedCall> {
    const talk = await options.store.conversations.ofCall(call.id);
    return new PreparedCall(options, await PreparedAgent.of(call.agentId, talk?.personId ?? null, options, mcp));
  }

  /** Its agent as it is on this call. */
  script(call: Call): AgentScript {
    return scriptFor(this.agent, call, this.#prepared.variables(call.direction === 'inbound' ? call.from : call.to));
  }

  /** `epoch`: the turn machine's keys count anew where another server takes the call over. */
  tools(call: Call, epoch: number, canTransfer: boolean): AgentTools {
    const { id, sid, organizationId, personId, direction, from, to } = call;
    return this.#prepared.tools({
      where: { callId: id },
      organizationId,
      subject: sid,
      keyPrefix: `${sid}-${epoch}`,
      personId,
      number: numberOf(direction === 'inbound' ? from : to),
      canTransfer,
    });
  }

  /** The vendors that this call tries: its own voice and model where it names some, else its agent's. */
  providers({ overrides: { voiceId, modelName } }: Call): Providers {
    const { providersFor, catalog } = this.#options;
    const { voiceProvider, modelProvider } = this.agent;
    return providersFor({
      voiceProvider: voiceId === undefined ? voiceProvider : catalog.voiceProvider(voiceId),
      modelProvider: modelName === undefined ? modelProvider : catalog.modelProvider(modelName),
    });
  }

  /** What this call's models are asked through; `metered` counts what each does. */
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
