// What the vendors themselves refuse of a request, in their words; null where they would take it.

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
}
interface ToolCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}
interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
}
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters?: Schema } }[];
  readonly stream?: boolean;
  readonly [parameter: string]: unknown;
}

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** What is wrong with a JSON schema of a tool's parameters. */
function schemaFault(schema: Schema | undefined, at: string): string | null {
  if (schema === undefined) return null;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const bad = types.find((type) => !TYPES.has(type));
  if (bad !== undefined) return `${at}.type: ${bad} is not a type`;
  if (types.includes('array') && schema.items === undefined) return `${at}: array schema missing items`;
  const { properties = {}, required = [] } = schema;
  const missing = required.find((name) => !Object.hasOwn(properties, name));
  if (missing !== undefined) return `${at}.required: ${missing} is not in properties`;
  if (schema.enum?.length === 0) return `${at}.enum: must not be empty`;
  for (const [name, inner] of Object.entries(properties)) {
    const fault = schemaFault(inner, `${at}.${name}`);
    if (fault !== null) return fault;
  }
  return schemaFault(schema.items, `${at}.items`);
}

/** Calls and results of a chat, each result right after its call. */
function chatOrderFault(messages: readonly ChatMessage[]): string | null {
  let owed = new Set<string>();
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!owed.delete(message.tool_call_id ?? ''))
        return `messages[${at}]: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`;
      continue;
    }
    if (owed.size > 0)
      return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Missing: ${[...owed].join(', ')}`;
    const calls = message.tool_calls ?? [];
    owed = new Set(calls.map(({ id }) => id));
    if (owed.size !== calls.length) return `messages[${at}].tool_calls: duplicate id`;
    for (const { id } of calls)
      if (id.length > 40) return `Invalid 'messages[${at}].tool_calls[0].id': string too long. Expected max length 40.`;
    if (calls.length === 0 && (message.content === null || message.content === undefined || message.content === ''))
      return `Invalid 'messages[${at}].content': expected a string with at least 1 character.`;
  }
  return owed.size > 0 ? `tool_calls without a result: ${[...owed].join(', ')}` : null;
}

function chatToolsFault({ tools = [] }: ChatBody): string | null {
  for (const [at, { function: tool }] of tools.entries()) {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(tool.name)) return `Invalid 'tools[${at}].function.name': ${tool.name}`;
    if (tool.parameters !== undefined && tool.parameters.type !== 'object')
      return `Invalid schema for function '${tool.name}': schema must be a JSON Schema of 'type: "object"'.`;
    const fault = schemaFault(tool.parameters, tool.name);
    if (fault !== null) return `Invalid schema for function '${tool.name}': ${fault}`;
  }
  return null;
}

const isReasoning = (model: string) => /^(?:o\d|gpt-[5-9])/.test(model) && !model.includes('-chat');

export function openAiRefusal(body: ChatBody): string | null {
  const { model, temperature } = body;
  if (model === 'gpt-retired') return `The model '${model}' does not exist or you do not have access to it.`;
  if (body.messages.length === 0) return "Invalid 'messages': empty array.";
  if (body['max_tokens'] !== undefined && body['max_completion_tokens'] !== undefined)
    return 'Setting max_tokens and max_completion_tokens at the same time is not supported.';
  if (isReasoning(model)) {
    if (body['max_tokens'] !== undefined)
      return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    for (const name of ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'])
      if (body[name] !== undefined && body[name] !== 1)
        return `Unsupported value: '${name}' does not support this value with this model. Only the default (1) value is supported.`;
  } else if (/^gpt-[34]/.test(model) && body['reasoning_effort'] !== undefined)
    return 'Unrecognized request argument supplied: reasoning_effort';
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2))
    return "Invalid 'temperature': must be between 0 and 2.";
  if (body['stream_options'] !== undefined && body.stream !== true)
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return chatToolsFault(body) ?? chatOrderFault(body.messages);
}

export function ollamaRefusal(body: ChatBody): string | null {
  const odd = body.messages.find(({ role }) => !['system', 'user', 'assistant', 'tool'].includes(role));
  if (odd) return `invalid role: ${odd.role}`;
  if (body['max_completion_tokens'] !== undefined) return 'unknown parameter: max_completion_tokens';
  return chatToolsFault(body) ?? chatOrderFault(body.messages);
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly tool_use_id?: string;
}
export interface AnthropicBody {
  readonly model: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly system?: string | readonly Block[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
  readonly tools?: readonly { readonly name: string; readonly input_schema: Schema }[];
}

const blocksOf = (content: string | readonly Block[]): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

export function anthropicRefusal(body: AnthropicBody): string | null {
  if (!body.max_tokens || body.max_tokens < 1) return 'max_tokens: Field required';
  if (body.temperature !== undefined && (body.temperature < 0 || body.temperature > 1))
    return 'temperature: range: 0..1';
  if (body.messages.length === 0) return 'messages: at least one message is required';
  if (blocksOf(body.system ?? [{ type: 'text', text: 'x' }]).some(({ text }) => text?.trim() === ''))
    return 'system: text content blocks must be non-empty';
  const ids = new Set<string>();
  let owed: string[] = [];
  for (const [i, { role, content }] of body.messages.entries()) {
    if (role !== 'user' && role !== 'assistant') return `messages.${i}.role: Input should be 'user' or 'assistant'`;
    const blocks = blocksOf(content);
    if (blocks.length === 0) return `messages.${i}: all messages must have non-empty content`;
    const results = blocks.flatMap(({ type, tool_use_id: id }) => (type === 'tool_result' ? [id!] : []));
    const missing = owed.filter((id) => !results.includes(id));
    if (missing.length > 0)
      return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
    const stray = results.find((id) => !owed.includes(id));
    if (stray !== undefined)
      return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}`;
    owed = [];
    for (const [j, block] of blocks.entries()) {
      if (block.type === 'text' && block.text!.trim() === '')
        return `messages.${i}.content.${j}: text content blocks must contain non-whitespace text`;
      if (block.type !== 'tool_use') continue;
      if (!/^[a-zA-Z0-9_-]+$/.test(block.id!))
        return `messages.${i}.content.${j}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
      if (ids.has(block.id!)) return `messages.${i}.content.${j}: \`tool_use\` ids must be unique`;
      ids.add(block.id!);
      owed.push(block.id!);
    }
  }
  if (body.messages[0]!.role !== 'user') return 'messages: first message must use the "user" role';
  const last = body.messages.at(-1)!;
  if (last.role === 'assistant' && /claude-(?:sonnet|opus)-(?:4-[6-9]|[5-9])/.test(body.model))
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  if (last.role === 'assistant' && /\s$/.test(blocksOf(last.content).at(-1)?.text ?? ''))
    return 'messages: final assistant content cannot end with trailing whitespace';
  for (const [i, { name, input_schema: schema }] of (body.tools ?? []).entries()) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return `tools.${i}.custom.name: String should match pattern`;
    if (schema.type !== 'object') return `tools.${i}.custom.input_schema.type: Input should be 'object'`;
    const odd = Object.keys(schema.properties ?? {}).find((key) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(key));
    if (odd !== undefined)
      return `tools.${i}.custom.input_schema.properties: Property keys should match pattern (${odd})`;
    const fault = schemaFault(schema, name);
    if (fault !== null) return `tools.${i}.custom.input_schema: JSON schema is invalid: ${fault}`;
  }
  return null;
}

interface GooglePart {
  readonly text?: string;
  readonly functionCall?: { readonly name: string };
  readonly functionResponse?: { readonly name: string };
}
export interface GoogleBody {
  readonly contents: readonly { readonly role: string; readonly parts: readonly GooglePart[] }[];
  readonly systemInstruction?: { readonly parts: readonly GooglePart[] };
  readonly tools?: GoogleTools | readonly GoogleTools[];
  readonly generationConfig?: {
    readonly temperature?: number;
    readonly thinkingConfig?: { readonly thinkingBudget?: number; readonly thinkingLevel?: string };
  };
}
interface GoogleTools {
  readonly functionDeclarations: readonly { readonly name: string; readonly parameters?: Schema }[];
}

export function googleRefusal(model: string, body: GoogleBody): string | null {
  if (body.contents.length === 0) return 'GenerateContentRequest.contents: contents is not specified';
  let called = 0;
  for (const [i, { role, parts }] of body.contents.entries()) {
    if (role !== 'user' && role !== 'model') return `Please use a valid role: user, model. (contents[${i}]: ${role})`;
    if (parts.length === 0) return `GenerateContentRequest.contents[${i}].parts: contents.parts must not be empty.`;
    if (parts.some(({ text }) => text !== undefined && text.trim() === ''))
      return 'Unable to submit request because it must have a text parameter.';
    const responses = parts.filter((part) => part.functionResponse).length;
    if (called !== responses)
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    called = parts.filter((part) => part.functionCall).length;
    if (called > 0 && body.contents[i - 1]?.role !== 'user')
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
  }
  const { temperature, thinkingConfig } = body.generationConfig ?? {};
  if (temperature !== undefined && (temperature < 0 || temperature > 2))
    return 'temperature must be in the range [0, 2]';
  if (thinkingConfig !== undefined && /^gemini-(?:1|2\.0)/.test(model))
    return 'Unable to submit request because thinking is not supported by this model.';
  if (thinkingConfig?.thinkingLevel !== undefined && model.startsWith('gemini-2'))
    return 'Thinking level is not supported for this model.';
  for (const { name, parameters } of [body.tools ?? []].flat().flatMap((one) => one.functionDeclarations)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_.-]{0,63}$/.test(name)) return `Invalid function name: ${name}`;
    const fault = schemaFault(parameters, name);
    if (fault !== null) return `GenerateContentRequest.tools.function_declarations: ${fault}`;
  }
  return null;
}

/** Deepgram's query of a live recognition, and of speech. */
export function deepgramRefusal(path: string, query: URLSearchParams, text?: string): string | null {
  const encodings = ['linear16', 'mulaw', 'alaw', 'opus', 'mp3', 'flac', 'aac'];
  const encoding = query.get('encoding');
  if (encoding !== null && !encodings.includes(encoding)) return `Invalid encoding: ${encoding}`;
  if (path === '/v1/listen') {
    if (encoding !== null && query.get('sample_rate') === null) return 'Invalid query string. sample_rate is required.';
    if (!/^(?:nova|enhanced|base|whisper)/.test(query.get('model') ?? ''))
      return 'No such model/language combination found.';
    if (query.has('keyterm') && !query.get('model')!.startsWith('nova-3'))
      return 'Keyterm Prompting is only supported with Nova-3.';
    return null;
  }
  if (!query.get('model')?.startsWith('aura-')) return `No such model: ${query.get('model')}`;
  if (encoding === 'mulaw' && !['8000', '16000'].includes(query.get('sample_rate') ?? '8000'))
    return 'Unsupported audio format: sample_rate must be 8000 or 16000 for mulaw.';
  if (text === undefined || text.trim() === '') return 'Failed to deserialize JSON data: text must not be empty.';
  return text.length > 2000 ? 'Input text exceeds maximum character limit of 2000.' : null;
}

/** ElevenLabs' stream-input: the address, and the first and later messages. */
export function elevenLabsRefusal(path: string, query: URLSearchParams, texts: readonly unknown[]): string | null {
  const voice = /^\/v1\/text-to-speech\/([A-Za-z0-9]{20})\/stream-input$/.exec(path)?.[1];
  if (voice === undefined) return 'voice_id_does_not_exist';
  if (!query.get('model_id')?.startsWith('eleven_')) return 'model_not_found';
  if (!/^(?:ulaw_8000|pcm_\d+|mp3_\d+_\d+|alaw_8000)$/.test(query.get('output_format') ?? 'mp3_44100_128'))
    return 'invalid_output_format';
  if (texts.length > 0 && texts[0] !== ' ') return 'invalid_first_message';
  return texts.slice(1).some((text) => typeof text !== 'string') ? 'invalid_text' : null;
}
