import { fillVariables, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Campaign } from '#core/campaigns/campaign.ts';
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

/** The first paragraph of a script that begins with a greeting: the words to begin with. */
function openingOf(script: string): string | null {
  const first = script.trim().split(/\n\s*\n/)[0]!;
  return /^(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day))\b/i.test(first) ? first : null;
}

export interface ScriptParts {
  /** Variables that every talk has. */
  readonly standard: Readonly<Record<string, string>>;
  /** Text of the agent's documents, for the recogniser. */
  readonly documents: readonly string[];
  /** The campaign of the call. */
  readonly campaign: Pick<Campaign, 'script' | 'goal'> | null;
  /** The server's settings of how an answer begins. */
  readonly quick: Partial<TurnPolicy>;
}

export function scriptFor(
  agent: AiAgent,
  call: Call,
  { standard, documents, campaign, quick }: ScriptParts,
): AgentScript {
  const { variables, overrides } = call;
  const known = { ...standard, ...variables };
  const script = overrides.script ?? campaign?.script ?? '';
  const prompt = [
    fillVariables(agent.systemPrompt, known),
    ...(script === '' ? [] : [`Script of this campaign:\n${fillVariables(script, known)}`]),
    ...(campaign?.goal ? [`Goal of this campaign: ${fillVariables(campaign.goal, known)}`] : []),
  ].join('\n\n');
  const fill = (text: string | null | undefined) => (text ? fillVariables(text, known) : null);
  const firstMessage = fill(overrides.firstMessage ?? openingOf(script) ?? agent.firstMessage);
  const voicemailMessage = fill(overrides.voicemailMessage ?? agent.voicemailMessage);
  return {
    prompt,
    firstMessage,
    voiceId: overrides.voiceId ?? agent.voiceId,
    model: overrides.modelName ?? agent.modelName,
    phrases: [prompt, firstMessage ?? '', ...Object.values(variables), ...documents].filter((text) => text !== ''),
    policy: {
      ...DEFAULT_POLICY,
      ...quick,
      firstMessage: overrides.needsHuman === true ? null : firstMessage,
      voicemailMessage: voicemailMessage ?? firstMessage,
      leavesMessage: overrides.leavesNoMessage !== true,
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
