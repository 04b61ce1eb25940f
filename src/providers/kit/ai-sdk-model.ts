import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4Message,
  type LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type {
  LanguageModel,
  ModelMessage,
  ModelPart,
  ModelRequest,
  ToolDefinition,
} from '#engine/contracts/language-model.ts';
import { errorPart, retryAfterMs, VENDOR_BUDGET_MS, VendorError } from './http.ts';

/** Said to every large model after the agent's own prompt: what it writes is spoken. */
const ON_THE_TELEPHONE =
  'You are speaking on the telephone. Answer in one to three short, plain sentences, without lists, headings, markup or emoji. What the caller said was recognised from speech and may hold mistakes.';
const LONGEST_ANSWER_TOKENS = 400;

/** A language model behind the AI SDK's contract. `modelFor` names a model of the vendor's for what an agent asks for. */
export class AiSdkModel implements LanguageModel {
  readonly id: string;
  readonly #modelFor: (model: string) => LanguageModelV4;

  constructor(id: string, modelFor: (model: string) => LanguageModelV4) {
    this.id = id;
    this.#modelFor = modelFor;
  }

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    const control = new AbortController();
    const ready = request.working(VENDOR_BUDGET_MS);
    void this.#run(request, control.signal, (part) => control.signal.aborted || onPart(part)).finally(ready);
    return { abort: () => control.abort() };
  }

  async #run(request: ModelRequest, signal: AbortSignal, onPart: (part: ModelPart) => void): Promise<void> {
    try {
      const { stream } = await this.#modelFor(request.model).doStream({
        prompt: promptOf(request),
        maxOutputTokens: request.maxTokens ?? LONGEST_ANSWER_TOKENS,
        ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
        abortSignal: signal,
        includeRawChunks: false,
        ...(request.tools.length > 0
          ? { tools: request.tools.map(toolOf), toolChoice: { type: 'auto' } as const }
          : {}),
      });
      for await (const part of stream) {
        const ours = toPart(part);
        if (ours) onPart(ours);
        if (ours?.type === 'done' || ours?.type === 'error') return;
      }
      onPart({ type: 'error', message: 'the answer broke off' });
    } catch (error) {
      onPart(
        errorPart(
          APICallError.isInstance(error)
            ? new VendorError(
                `answered ${error.statusCode ?? 'nothing'}: ${error.message}`,
                error.statusCode ?? 0,
                retryAfterMs(error.statusCode ?? 0, error.responseHeaders?.['retry-after']),
              )
            : error,
        ),
      );
    }
  }
}

function toPart(part: LanguageModelV4StreamPart): ModelPart | null {
  switch (part.type) {
    case 'text-delta':
      return part.delta === '' ? null : { type: 'text', text: part.delta };
    case 'tool-call':
      return { type: 'tool-call', name: part.toolName, args: argsOf(part.input) };
    case 'finish': {
      if (part.finishReason.unified === 'error') return { type: 'error', message: 'the answer broke off' };
      const { inputTokens, outputTokens } = part.usage;
      return {
        type: 'done',
        ...(inputTokens.total === undefined || outputTokens.total === undefined
          ? {}
          : { usage: { inputTokens: inputTokens.total, outputTokens: outputTokens.total } }),
      };
    }
    case 'error':
      return errorPart(part.error);
    default:
      return null;
  }
}

/** Tools of ours take texts. */
function argsOf(input: string): Record<string, string> {
  const parsed: unknown = input.trim() === '' ? {} : JSON.parse(input);
  if (typeof parsed !== 'object' || parsed === null) return {};
  return Object.fromEntries(
    Object.entries(parsed).flatMap(([name, value]) =>
      value == null ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}

function toolOf({ name, description, parameters }: ToolDefinition) {
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([param, one]) => [
      param,
      { type: 'string' as const, description: one.description },
    ]),
  );
  return {
    type: 'function' as const,
    name,
    description,
    inputSchema: {
      type: 'object' as const,
      properties,
      required: Object.keys(parameters).filter((param) => parameters[param]!.required),
      additionalProperties: false,
    },
  };
}

function promptOf({
  prompt,
  messages,
  knowledge = [],
  notes = [],
  medium = 'voice',
  job = 'talk',
}: ModelRequest): LanguageModelV4Message[] {
  const system = [
    prompt,
    job === 'talk' && medium === 'voice' ? ON_THE_TELEPHONE : '',
    notes.length === 0 ? '' : `What is known of the person and of their words:\n${notes.join('\n')}`,
    knowledge.length === 0
      ? ''
      : `From the documents:\n${knowledge.map((one) => `[${one.source}] ${one.text}`).join('\n')}`,
  ];
  return [
    { role: 'system', content: system.filter((part) => part !== '').join('\n\n') },
    // Some vendors want the other side to begin.
    ...(job === 'talk' && messages[0]?.role !== 'caller'
      ? [
          {
            role: 'user' as const,
            content: [
              {
                type: 'text' as const,
                text: medium === 'voice' ? '(The call is connected.)' : '(The person has come.)',
              },
            ],
          },
        ]
      : []),
    ...messages.flatMap((message) => messageOf(message, messages)),
  ];
}

function messageOf(message: ModelMessage, all: readonly ModelMessage[]): LanguageModelV4Message[] {
  switch (message.role) {
    case 'caller':
      return [{ role: 'user', content: [{ type: 'text', text: message.text }] }];
    case 'agent':
      return [
        {
          role: 'assistant',
          content: [{ type: 'text', text: message.interrupted ? `${message.text} …` : message.text }],
        },
      ];
    case 'tool-call':
      // It stands beside its result: without one no vendor takes it.
      return [];
    case 'tool-result': {
      const call = all.find((one) => one.role === 'tool-call' && one.key === message.key);
      const input = call?.role === 'tool-call' ? call.args : {};
      return [
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: message.key, toolName: message.name, input }] },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: message.key,
              toolName: message.name,
              output: { type: message.status === 'ok' ? 'text' : 'error-text', value: message.output },
            },
          ],
        },
      ];
    }
  }
}
