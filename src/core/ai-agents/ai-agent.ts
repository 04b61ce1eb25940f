import { BUILT_IN_TOOLS, type BuiltInTool } from '../tools/tool.ts';

export const AGENT_TYPES = ['input', 'memory', 'conversation', 'output'] as const;
/** The task of an agent: understand the intent, remember people, talk, or phrase text for speech. */
export type AgentType = (typeof AGENT_TYPES)[number];

export interface AiAgent {
  readonly id: number;
  readonly organizationId: number;
  readonly type: AgentType;
  readonly name: string;
  readonly systemPrompt: string;
  readonly firstMessage: string | null;
  readonly voicemailMessage: string | null;
  readonly voiceProvider: string;
  readonly voiceId: string;
  readonly modelProvider: string;
  readonly modelName: string;
  readonly interruptEnabled: boolean;
  /** Wait after a finished clause. */
  readonly silenceThresholdMs: number;
  /** The built-in tools that it may use. */
  readonly builtInTools: readonly BuiltInTool[];
  /** The number to which it transfers callers; null: no transfer. */
  readonly transferNumber: string | null;
  /** Sampling temperature, 0 to 2; null: the vendor's default. */
  readonly temperature: number | null;
  /** Longest answer in tokens; null: a default for telephone calls. */
  readonly maxTokens: number | null;
  /** Helper agents that it uses: to understand, remember or phrase. */
  readonly chain: readonly number[];
  readonly isActive: boolean;
  readonly isDefault: boolean;
  /** The number of its published version. */
  readonly version: number;
  /** The last vendor error; null after its model has answered since. */
  readonly lastError: { readonly message: string; readonly at: Date } | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** All settings of an agent; only the name has no default. */
export type AgentSettings = Pick<
  AiAgent,
  | 'type'
  | 'name'
  | 'systemPrompt'
  | 'firstMessage'
  | 'voicemailMessage'
  | 'voiceProvider'
  | 'voiceId'
  | 'modelProvider'
  | 'modelName'
  | 'interruptEnabled'
  | 'silenceThresholdMs'
  | 'builtInTools'
  | 'transferNumber'
  | 'temperature'
  | 'maxTokens'
  | 'chain'
  | 'isActive'
>;

export type AgentDefaults = Omit<AgentSettings, 'name' | 'voiceProvider' | 'voiceId' | 'modelProvider' | 'modelName'>;

/** Voice and model come from the vendors' own catalogue. */
export const AGENT_DEFAULTS: AgentDefaults = {
  type: 'conversation',
  systemPrompt: 'You are a friendly assistant on the telephone. Keep your answers short.',
  firstMessage: 'Hello! How can I help you today?',
  voicemailMessage: null,
  interruptEnabled: true,
  silenceThresholdMs: 300,
  builtInTools: BUILT_IN_TOOLS,
  transferNumber: null,
  temperature: null,
  maxTokens: null,
  chain: [],
  isActive: true,
};

/** Default prompts of the other types. */
export const PROMPTS: Readonly<Record<Exclude<AgentType, 'conversation'>, string>> = {
  input:
    'You read what a person says to a call centre. Answer with one JSON object and nothing else: {"intent": "...", "entities": {"name": "...", "time": "..."}}. Leave out entities that were not named.',
  memory:
    'You keep what matters about a person: their name, what they want, what they like, what was agreed. Say in one or two short sentences what is known that helps to answer their last words; say nothing else.',
  output:
    'You turn a text into words that are spoken on the telephone: short plain sentences, numbers and signs in words, no markup. Answer with the spoken text and nothing else.',
};

/** The default agent, created at first start. */
export const DEFAULT_AGENT: AgentDefaults & { readonly name: string } = {
  ...AGENT_DEFAULTS,
  name: 'Default agent',
  systemPrompt: [
    'You are Ada, a friendly sales representative of Brightline.',
    'Brightline makes a scheduling tool for small teams. It costs ten dollars a month. The first month is free. Setting it up takes five minutes.',
    'Questions:',
    'What do you use today?',
    'How many people are in your team?',
  ].join('\n'),
  firstMessage: 'Hello, this is Ada from Brightline. Do you have a minute?',
};

/** How many characters the variables of a call may add to a prompt or message. */
const LONGEST_FILLING = 100_000;

/** Columns of a list are variables: their names may have spaces and letters of any language. Code in braces is none. */
const VARIABLE = /\{\{(\s*[\p{L}\p{N}_][\p{L}\p{M}\p{N} _.'’&()+%-]{0,199})\}\}/gu;

/**
 * Replaces `{{name}}` by the call's variables, in one pass. A missing variable is removed with the space before it, so
 * that
 * "Hi {{name}}, welcome" becomes "Hi, welcome". Values that would add more than LONGEST_FILLING characters in total are
 * treated as missing, to bound the memory.
 */
export function fillVariables(text: string, variables: Readonly<Record<string, string>>): string {
  let filled = '';
  let end = 0;
  let room = LONGEST_FILLING;
  for (const match of text.matchAll(VARIABLE)) {
    const name = match[1]!.trim();
    const given = Object.hasOwn(variables, name) ? variables[name]!.trim() : '';
    const value = given.length <= room ? given : '';
    room -= value.length;
    const before = text.slice(end, match.index);
    filled += value === '' ? before.trimEnd() : before + value;
    end = match.index + match[0].length;
  }
  return (filled + text.slice(end)).trimStart();
}

/** The names of the variables that a text uses. */
export const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(VARIABLE)].map((match) => match[1]!.trim());
