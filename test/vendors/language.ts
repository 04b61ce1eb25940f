import type { ServerResponse } from 'node:http';
import { decodeWav } from './wav.ts';
import { isLoud, spoken, type FakeVendor, type Fault } from './faults.ts';
import { pour, startVendor } from './http-vendor.ts';
import {
  anthropicRefusal,
  googleRefusal,
  openAiRefusal,
  type AnthropicBody as StrictAnthropicBody,
  type ChatBody,
  type GoogleBody as StrictGoogleBody,
} from './refusals.ts';

// Fakes of language models: they repeat what was said, call `look` when they are asked to look, and tell what it gave.

interface Turn {
  readonly said: string;
  readonly toolOutput: string | null;
  readonly tools: readonly string[];
}

type Answer = { readonly text: string } | { readonly call: string; readonly args: object };

function answerTo({ said, toolOutput, tools }: Turn): Answer {
  if (toolOutput !== null) return { text: `The tool said: ${toolOutput}` };
  if (/\blook\b/.test(said) && tools.includes('look'))
    return { call: 'look', args: { what: said.split('look for ').at(-1)!, times: 2 } };
  return { text: `You said: ${said}` };
}

const pieces = (text: string) => text.match(/.{1,7}/gs) ?? [];
const events = (list: readonly { event?: string; data: unknown }[]) =>
  list.map(
    ({ event, data }) =>
      `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
  );

function stream(reply: ServerResponse, list: readonly string[], fault: Fault): void {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  pour(reply, fault === 'garbage' ? ['data: {not json\n\n', 'data: {"nothing": "known"}\n\n'] : list, fault);
}

interface OpenAiBody {
  readonly model: string;
  readonly messages: readonly { role: string; content?: unknown }[];
  readonly tools?: readonly { function: { name: string } }[];
}

/**
 * Chat, transcription of these texts in turn, speech as tones, and embeddings; any of them on any server that speaks
 * the same.
 */
export function fakeOpenAi(
  texts: readonly string[] = [],
  refusal: (body: ChatBody) => string | null = openAiRefusal,
  /** What it answers; null: it repeats what was said. */
  say: (said: string) => string | null = () => null,
): Promise<FakeVendor & { readonly models: string[] }> {
  const models: string[] = [];
  let heard = 0;
  return startVendor({
    refuses: ({ path, body }) =>
      path === '/v1/chat/completions' ? refusal(JSON.parse(body.toString()) as ChatBody) : null,
    http: ({ path, body }, reply, fault) => {
      if (path === '/v1/audio/transcriptions') {
        if (fault === 'garbage' || fault === 'dies-midway') return void reply.end('{"tex');
        return void reply.end(JSON.stringify({ text: isLoud(decodeWav(body)) ? (texts[heard++] ?? '') : '' }));
      }
      const json = JSON.parse(body.toString()) as OpenAiBody & { input: string | string[] };
      models.push(json.model);
      if (path === '/v1/audio/speech') {
        if (fault === 'garbage') return void reply.end();
        const pcm = spoken(String(json.input), 24_000);
        const bytes = Buffer.from(pcm.buffer);
        return pour(
          reply,
          Array.from({ length: Math.ceil(bytes.length / 4801) }, (_, i) => bytes.subarray(i * 4801, (i + 1) * 4801)),
          fault,
        );
      }
      if (path === '/v1/embeddings')
        return void reply.end(
          JSON.stringify({
            data: [json.input]
              .flat()
              .map((text, index) => ({ index, embedding: [text.length, 1, 0] }))
              .toReversed(),
          }),
        );
      if (path !== '/v1/chat/completions') return void reply.writeHead(404).end();
      const last = json.messages.at(-1)!;
      const content = typeof last.content === 'string' ? last.content : '';
      const own = say(content);
      const answer =
        own === null
          ? answerTo({
              said: content,
              toolOutput: last.role === 'tool' ? String(last.content) : null,
              tools: (json.tools ?? []).map((one) => one.function.name),
            })
          : { text: own };
      const chunk = (delta: object, finish: string | null = null) => ({
        data: {
          id: 'c',
          object: 'chat.completion.chunk',
          created: 1,
          model: json.model,
          choices: [{ index: 0, delta, finish_reason: finish }],
        },
      });
      const list =
        'text' in answer
          ? [
              ...(fault === 'empty' ? [] : pieces(answer.text).map((piece) => chunk({ content: piece }))),
              ...(fault === 'unfinished' ? [] : [chunk({}, fault === 'cut' ? 'length' : 'stop')]),
            ]
          : [
              chunk({
                tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: answer.call, arguments: '' } }],
              }),
              ...pieces(JSON.stringify(answer.args)).map((part) =>
                chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }),
              ),
              chunk({}, 'tool_calls'),
            ];
      stream(
        reply,
        events([
          ...list,
          {
            data: {
              id: 'c',
              object: 'chat.completion.chunk',
              created: 1,
              model: json.model,
              choices: [],
              usage: { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 },
            },
          },
          { data: '[DONE]' },
        ]),
        fault,
      );
    },
  }).then((vendor) => Object.assign(vendor, { models }));
}

interface AnthropicBody {
  readonly messages: readonly {
    role: string;
    content: readonly { type: string; text?: string; content?: unknown }[];
  }[];
  readonly tools?: readonly { name: string }[];
}

export function fakeAnthropic(): Promise<FakeVendor> {
  return startVendor({
    refuses: ({ body }) => anthropicRefusal(JSON.parse(body.toString()) as StrictAnthropicBody),
    http: ({ path, body }, reply, fault) => {
      if (path !== '/v1/messages') return void reply.writeHead(404).end();
      const json = JSON.parse(body.toString()) as AnthropicBody;
      const last = json.messages.at(-1)!.content.at(-1)!;
      const output =
        last.type === 'tool_result'
          ? typeof last.content === 'string'
            ? last.content
            : (last.content as { text: string }[])[0]!.text
          : null;
      const answer = answerTo({
        said: last.text ?? '',
        toolOutput: output,
        tools: (json.tools ?? []).map((one) => one.name),
      });
      const event = (type: string, more: object) => ({ event: type, data: { type, ...more } });
      const block =
        'text' in answer ? { type: 'text', text: '' } : { type: 'tool_use', id: 't1', name: answer.call, input: {} };
      const deltas =
        'text' in answer
          ? pieces(answer.text).map((text) => ({ type: 'text_delta', text }))
          : pieces(JSON.stringify(answer.args)).map((part) => ({ type: 'input_json_delta', partial_json: part }));
      stream(
        reply,
        events([
          event('message_start', {
            message: {
              id: 'm',
              type: 'message',
              role: 'assistant',
              model: 'claude',
              content: [],
              stop_reason: null,
              stop_sequence: null,
              usage: { input_tokens: 11, output_tokens: 1 },
            },
          }),
          event('content_block_start', { index: 0, content_block: block }),
          ...deltas.map((delta) => event('content_block_delta', { index: 0, delta })),
          event('content_block_stop', { index: 0 }),
          event('message_delta', {
            delta: { stop_reason: 'text' in answer ? 'end_turn' : 'tool_use', stop_sequence: null },
            usage: { output_tokens: 5 },
          }),
          event('message_stop', {}),
        ]),
        fault,
      );
    },
  });
}

interface GoogleBody {
  readonly contents: readonly {
    role: string;
    parts: readonly { text?: string; functionResponse?: { response: { content?: unknown } } }[];
  }[];
  readonly tools?:
    | readonly { functionDeclarations: readonly { name: string }[] }[]
    | { functionDeclarations: readonly { name: string }[] };
}

export function fakeGoogle(): Promise<FakeVendor> {
  return startVendor({
    refuses: ({ path, body }) =>
      googleRefusal(/models\/([^:]+)/.exec(path)?.[1] ?? '', JSON.parse(body.toString()) as StrictGoogleBody),
    http: ({ path, body }, reply, fault) => {
      if (!/^\/v1beta\/models\/[\w.-]+:streamGenerateContent$/.test(path)) return void reply.writeHead(404).end();
      const json = JSON.parse(body.toString()) as GoogleBody;
      const last = json.contents.at(-1)!.parts.at(-1)!;
      const response = last.functionResponse?.response.content;
      const answer = answerTo({
        said: last.text ?? '',
        toolOutput: last.functionResponse ? String(response) : null,
        tools: [json.tools ?? []].flat().flatMap((one) => one.functionDeclarations.map((each) => each.name)),
      });
      const chunk = (parts: object[], finish: string | null = null) => ({
        data: {
          candidates: [
            { content: { role: 'model', parts }, index: 0, ...(finish === null ? {} : { finishReason: finish }) },
          ],
          usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 5, totalTokenCount: 16 },
        },
      });
      stream(
        reply,
        events(
          'text' in answer
            ? [...pieces(answer.text).map((text) => chunk([{ text }])), chunk([{ text: '' }], 'STOP')]
            : [chunk([{ functionCall: { name: answer.call, args: answer.args } }], 'STOP')],
        ),
        fault,
      );
    },
  });
}
