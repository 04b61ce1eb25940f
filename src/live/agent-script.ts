import { fillVariables, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call } from '#core/calls/call.ts';
import { DEFAULT_POLICY, LONGEST_ENDPOINT_MS, type TurnPolicy } from '#engine/turns/policy.ts';
import { wordsOf } from '#engine/turns/lexicon.ts';

/** An agent as configured for one call: variables filled in, the call's overrides applied. */
export interface AgentScript {
  readonly prompt: string;
  readonly firstMessage: string | null;
  readonly voiceId: string;
  readonly model: string;
  readonly policy: TurnPolicy;
  /** Text whose words are likely on this call. */
  readonly phrases: readonly string[];
}

/** `standard`: variables that every talk has. `documents`: text of the agent's documents, for the recogniser. */
export function scriptFor(
  agent: AiAgent,
  call: Call,
  standard: Readonly<Record<string, string>>,
  documents: readonly string[],
): AgentScript {
  const { variables, overrides } = call;
  const known = { ...standard, ...variables };
  const prompt = fillVariables(agent.systemPrompt, known);
  const fill = (text: string | null | undefined) => (text ? fillVariables(text, known) : null);
  const firstMessage = fill(overrides.firstMessage ?? agent.firstMessage);
  const voicemailMessage = fill(overrides.voicemailMessage ?? agent.voicemailMessage);
  return {
    prompt,
    firstMessage,
    voiceId: overrides.voiceId ?? agent.voiceId,
    model: overrides.modelName ?? agent.modelName,
    phrases: [prompt, firstMessage ?? '', ...Object.values(variables), ...documents].filter((text) => text !== ''),
    policy: {
      ...DEFAULT_POLICY,
      firstMessage,
      voicemailMessage,
      screen: call.direction === 'outbound',
      interruptible: agent.interruptEnabled,
      completions: [...prompt.matchAll(/"([^"\n]{2,120})"/g)].map((match) => wordsOf(match[1]!).join(' ')),
      endpointMs: agent.silenceThresholdMs,
      unfinishedEndpointMs: Math.min(
        LONGEST_ENDPOINT_MS,
        Math.max(DEFAULT_POLICY.unfinishedEndpointMs, agent.silenceThresholdMs),
      ),
    },
  };
}
