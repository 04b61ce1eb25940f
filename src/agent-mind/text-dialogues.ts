import { AGENT_DEFAULTS, fillVariables, PROMPTS, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Entry } from '#core/conversations/entry.ts';
import type { TextAnswer, TextDialogue, TextTurn, Understood } from '#core/conversations/text-dialogue.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { Analysis, Analyst } from '#core/memory/analyst.ts';
import type {
  LanguageModel,
  ModelMessage,
  ModelPart,
  ModelRequest,
  ToolArgs,
  ToolResultStatus,
} from '#engine/contracts/language-model.ts';
import { JOBS } from './chain.ts';
import { ModelAnalyst, type AnalystSettings } from './model-analyst.ts';
import { PreparedAgent, type DialogueOptions, type ModelsFor } from './prepared-agent.ts';
import { TextTurns } from './text-turns.ts';
import { readUnderstanding, understandingPrompt } from './understanding.ts';
import { VendorWatch } from './vendor-watch.ts';
import type { AgentTools } from './tools/agent-tools.ts';
import type { McpTools } from './tools/mcp-tools.ts';

export interface TextDialogueOptions extends DialogueOptions {
  readonly modelsFor: ModelsFor;
  readonly mcp: McpTools;
  /** Analyses conversations without a model. */
  readonly analyst: Analyst;
}

/** A model that sends nothing for this long is given up. */
const SILENT_MS = 20_000;
const MAX_ROUNDS = 6;
/** Estimate for vendors that do not count tokens. */
const LETTERS_PER_TOKEN = 4;
/** For an agent's own model: the agent's prompt is about something else. */
const ANALYST_PROMPT = 'You analyse conversations of a call centre. You judge by what was said and invent nothing.';
/** Not offered in text conversations. */
const END_CALL = 'end_call';

interface ToolCall {
  readonly name: string;
  readonly args: ToolArgs;
}

interface ModelForAnalysis {
  readonly provider: string;
  readonly settings: AnalystSettings;
}

interface Run {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly tokens: number;
  readonly failed: boolean;
}

/** Answers in text conversations, with the same agents as on calls. */
export class TextDialogues implements TextDialogue {
  readonly #options: TextDialogueOptions;
  readonly #turns: TextTurns;

  constructor(options: TextDialogueOptions) {
    this.#options = options;
    this.#turns = new TextTurns({ conversations: options.store.conversations, log: options.log });
  }

  inTurn<T>(conversationId: number, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(conversationId, work);
  }

  async answer(turn: TextTurn): Promise<TextAnswer> {
    const { agent, conversation, personId, number, signal } = turn;
    const { modelsFor, mcp } = this.#options;
    const prepared = await PreparedAgent.of(agent, personId, this.#options, mcp);
    const talks = agent.type === 'conversation' || agent.type === 'input';
    const subject = `conv_${conversation.id}`;
    // Unique in the conversation: no later turn answers the same message.
    const turnId = turn.messages.at(-1)?.id ?? 0;
    const tools = talks
      ? prepared.tools({
          where: { conversationId: conversation.id },
          organizationId: conversation.organizationId,
          subject,
          keyPrefix: subject,
          personId,
          number,
          canTransfer: false,
          line: null,
        })
      : null;
    const watch = new VendorWatch({
      agent,
      talk: { conversation: subject },
      agents: this.#options.store.agents,
      clock: this.#options.clock,
      log: this.#options.log,
    });
    const models = prepared.models(modelsFor(agent.modelProvider), modelsFor, {
      medium: 'text',
      watch,
      canTransfer: false,
    });
    const variables = { ...prepared.variables(number), ...variablesOf(turn.messages) };
    const own = agent.systemPrompt === PROMPTS.input ? AGENT_DEFAULTS.systemPrompt : agent.systemPrompt;
    const prompt = fillVariables(own, variables);
    const understanding =
      agent.type === 'input' ? this.#understand(turn, prepared.now, variables).catch(() => null) : null;
    const messages = turn.messages.flatMap(toModelMessage);
    const notes = turn.messages.flatMap((message) => (message.role === 'system' ? [message.text] : []));
    let [text, tokens, model] = ['', 0, agent.modelName];
    let rehearsedCalls: readonly ToolCall[] = [];
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const given = await this.#ask(
        models,
        {
          prompt,
          model: agent.modelName,
          messages,
          notes,
          // In text an agent of type `input` answers like a talking one; what it understood is returned separately.
          job: talks ? 'talk' : JOBS[agent.type],
          tools: (tools?.definitions ?? []).filter((one) => one.name !== END_CALL),
          working: () => () => undefined,
          ...(turn.temperature === null ? {} : { temperature: turn.temperature }),
        },
        turn,
      );
      text = joined(text, given.text);
      tokens += given.tokens;
      model = given.by === agent.modelProvider ? agent.modelName : given.by;
      const calls = tools ? given.calls.filter((call) => call.name !== END_CALL) : [];
      if (turn.isRehearsal) rehearsedCalls = calls;
      if (calls.length === 0 || signal?.aborted || turn.isRehearsal) break;
      if (given.text !== '') messages.push({ role: 'agent', text: given.text });
      for (const [n, call] of calls.entries())
        messages.push(...(await this.#use(tools!, turn, `${turnId}-${round}-${n}`, call, messages)));
    }
    return {
      text,
      model,
      tokens,
      sources: prepared.lookup?.sourcesOf(text) ?? [],
      understood: await understanding,
      interrupted: signal?.aborted === true,
      ...(turn.isRehearsal ? { rehearsedCalls } : {}),
    };
  }

  async analyse(agent: AiAgent | null, messages: readonly Entry[], thoroughly: boolean): Promise<Analysis> {
    return this.#analyse(thoroughly ? await this.#helperOf(agent) : null, messages);
  }

  async analyseCall(agent: AiAgent | null, messages: readonly Entry[]): Promise<Analysis> {
    const own = agent && {
      provider: agent.modelProvider,
      settings: { id: `agent_${agent.id}`, prompt: ANALYST_PROMPT, model: agent.modelName },
    };
    return this.#analyse((await this.#helperOf(agent)) ?? own, messages);
  }

  async #helperOf(agent: AiAgent | null): Promise<ModelForAnalysis | null> {
    if (!agent || agent.chain.length === 0) return null;
    const { store } = this.#options;
    const helpers = await Promise.all(agent.chain.map((id) => store.agents.find(agent.organizationId, id)));
    const helper = helpers.find((one) => one?.type === 'memory' && one.isActive);
    if (!helper) return null;
    const { id, modelProvider, modelName, systemPrompt } = helper;
    return { provider: modelProvider, settings: { id: `agent_${id}`, prompt: systemPrompt, model: modelName } };
  }

  async #analyse(by: ModelForAnalysis | null, messages: readonly Entry[]): Promise<Analysis> {
    const { analyst, modelsFor, log } = this.#options;
    const lines = messages.flatMap(({ role, text }) => (role === 'agent' || role === 'caller' ? [{ role, text }] : []));
    // The last model is the rule-based one.
    const models = by ? modelsFor(by.provider).slice(0, -1) : [];
    if (!by || models.length === 0) return analyst.analyse(lines);
    const model = new ModelAnalyst(by.settings, models);
    try {
      const analysis = await model.analyse(lines);
      // A model that says nothing usable of how the talk went is no reason to know nothing.
      const judgement = analysis.judgement ?? (await analyst.analyse(lines)).judgement;
      return { ...analysis, judgement, used: model.used };
    } catch (error) {
      log.warn(
        { err: error, agent: by.settings.id },
        'the model could not analyse a conversation; it is analysed by rules',
      );
      return { ...(await analyst.analyse(lines)), used: model.used };
    }
  }

  /** The first parseable answer; the rules, which come last, always give one. */
  async #understand(
    { agent, messages, signal }: TextTurn,
    now: NonNullable<ModelRequest['now']>,
    variables: Readonly<Record<string, string>>,
  ): Promise<Understood | null> {
    const words = messages.findLast(({ role }) => role === 'caller')?.text ?? '';
    const request: ModelRequest = {
      prompt: fillVariables(understandingPrompt(agent), variables),
      model: agent.modelName,
      messages: [{ role: 'caller', text: words }],
      tools: [],
      job: 'understand',
      medium: 'text',
      now,
      working: () => () => undefined,
    };
    for (const model of this.#options.modelsFor(agent.modelProvider)) {
      const { text, failed } = await this.#run(model, request, () => undefined, signal);
      const understood = failed ? null : readUnderstanding(text);
      if (understood) return understood;
    }
    return null;
  }

  /** Asks the models in order until one answers. If one fails midway, the next continues its text. */
  async #ask(
    models: readonly LanguageModel[],
    request: ModelRequest,
    { onText, signal }: TextTurn,
  ): Promise<Run & { readonly by: string }> {
    let [text, tokens] = ['', 0];
    for (const model of models) {
      const said: ModelMessage[] = text === '' ? [] : [{ role: 'agent', text, interrupted: true }];
      const run = await this.#run(
        model,
        { ...request, messages: [...request.messages, ...said] },
        (piece) => onText(piece),
        signal,
      );
      text = joined(text, run.text);
      tokens += run.tokens;
      if (!run.failed || signal?.aborted) return { ...run, text, tokens, by: model.id };
    }
    if (text !== '') return { text, tokens, calls: [], failed: true, by: models.at(-1)!.id };
    throw new AppError('upstream-failed', 'No language model answers at the moment');
  }

  #run(
    model: LanguageModel,
    request: ModelRequest,
    onText: (text: string) => void,
    signal: AbortSignal | null,
  ): Promise<Run> {
    return new Promise((resolve) => {
      const calls: ToolCall[] = [];
      let text = '';
      let silent: NodeJS.Timeout | undefined;
      let over = false;
      const end = (failed: boolean, counted?: number) => {
        if (over) return;
        over = true;
        clearTimeout(silent);
        signal?.removeEventListener('abort', stop);
        resolve({
          text: text.trimEnd(),
          calls,
          failed,
          tokens: counted ?? Math.ceil((lettersIn(request) + text.length) / LETTERS_PER_TOKEN),
        });
      };
      const wait = () => {
        clearTimeout(silent);
        silent = setTimeout(() => {
          run.abort({ type: 'error', message: `no answer within ${SILENT_MS / 1000} s` });
          end(true);
        }, SILENT_MS);
      };
      const onPart = (part: ModelPart) => {
        if (over) return;
        wait();
        if (part.type === 'text') {
          text += part.text;
          onText(part.text);
        } else if (part.type === 'tool-call') calls.push(part);
        else if (part.type === 'done') end(false, part.usage && part.usage.inputTokens + part.usage.outputTokens);
        else if (part.type === 'error') end(true);
      };
      const run = model.generate(request, onPart);
      const stop = () => {
        run.abort();
        end(false);
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      wait();
    });
  }

  /** Runs a tool once and stores its outcome. */
  async #use(
    tools: AgentTools,
    { onTool }: TextTurn,
    key: string,
    { name, args }: ToolCall,
    talk: readonly ModelMessage[],
  ): Promise<ModelMessage[]> {
    await onTool({ role: 'tool-call', text: name, detail: { key, name, args } });
    const { status, output } = await tools
      .run(key, name, args, talk)
      .catch(() => ({ status: 'failed' as const, output: 'The tool failed.' }));
    await onTool({ role: 'tool-result', text: output, detail: { key, name, status } });
    return [
      { role: 'tool-call', key, name, args },
      { role: 'tool-result', key, name, output, status },
    ];
  }
}

/** The variables sent with messages; later ones override earlier ones. */
function variablesOf(messages: readonly Entry[]): Readonly<Record<string, string>> {
  const given = messages.flatMap(({ metadata }) => metadata?.['dynamic_variables'] ?? []);
  return Object.assign({}, ...given) as Record<string, string>;
}

const joined = (before: string, after: string) => [before, after].filter((one) => one !== '').join(' ');

function toModelMessage({ role, text, detail }: Entry): ModelMessage[] {
  const {
    key = '',
    name = '',
    args = {},
    status = 'unknown',
    interrupted,
  } = detail as {
    key?: string;
    name?: string;
    args?: ToolArgs;
    status?: ToolResultStatus;
    interrupted?: boolean;
  };
  switch (role) {
    case 'agent':
      return text.trim() === '' ? [] : [{ role, text, ...(interrupted ? { interrupted } : {}) }];
    case 'caller':
      return text.trim() === '' ? [] : [{ role, text }];
    case 'tool-call':
      return [{ role, key, name: name || text, args }];
    case 'tool-result':
      return [{ role, key, name, output: text, status }];
    case 'system':
    case 'instruction':
      return [];
  }
}

function lettersIn({ prompt, messages, knowledge = [], notes = [] }: ModelRequest): number {
  return [
    prompt,
    ...notes,
    ...messages.map((one) => ('text' in one ? one.text : '')),
    ...knowledge.map((one) => one.text),
  ].reduce((sum, one) => sum + one.length, 0);
}
