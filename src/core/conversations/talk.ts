import { needAgent } from '../ai-agents/agents.ts';
import { asDrafted } from '../ai-agents/agent-version.ts';
import type { AiAgent } from '../ai-agents/ai-agent.ts';
import { isEnded } from '../calls/call.ts';
import type { Core } from '../core.ts';
import { callsOf, userOf, type Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { isPhoneNumber } from '../kernel/phone-number.ts';
import { isWithheldNumber, numberOf } from '../people/withheld-number.ts';
import { learned } from '../memory/learn.ts';
import { personNamed } from '../people/person-of.ts';
import type { Conversation } from './conversation.ts';
import type { Records } from '../records.ts';
import { inText, type Entry, type NewMessage } from './entry.ts';
import type { Understood } from './text-dialogue.ts';

export interface WriteToAgent {
  readonly agentId: number;
  readonly text: string;
  /** The client's id of the person; null: unknown. */
  readonly userId: string | null;
  /** The client's or our id of the conversation; null: a new one. */
  readonly conversation: { readonly name: string; readonly id: number | null } | null;
  readonly temperature: number | null;
  /** The draft of the agent answers, as it is now. */
  readonly useDraft?: boolean;
  /** Fill `{{name}}` in the agent's prompt, from this message on. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly conversation: Conversation;
  readonly agent: AiAgent;
  readonly message: Entry;
  readonly model: string;
  readonly tokens: number;
  readonly tookMs: number;
  readonly understood: Understood | null;
}

/** How many messages of a long conversation are read and passed to models. */
const REMEMBERED = 60;

/**
 * Sends a text to an agent and returns its answer, made with its prompt, knowledge, tools, helpers and memory of the
 * person. The delivered text is what is stored. @throws AppError not-found, invalid-input, conflict (a running call)
 */
export async function writeToAgent(core: Core, ctx: Context, input: WriteToAgent): Promise<Answered> {
  const published = await needAgent(core.store, ctx, input.agentId);
  const agent = input.useDraft ? asDrafted(published, await core.store.agents.draft(published.id)) : published;
  if (!agent.isActive) throw invalid('agent_id', `names an agent that is not active: agent_${agent.id}`);
  const { conversation, personId } = await talkFor(core, ctx, agent, input);
  return core.dialogue.inTurn(conversation.id, () => answer(core, ctx, { agent, conversation, personId, input }));
}

/**
 * Answers a text in an existing conversation, by the agent that answered there before. @throws AppError not-found,
 * conflict
 */
export async function writeInTalk(
  core: Core,
  ctx: Context,
  conversation: Conversation,
  text: string,
): Promise<Answered> {
  const agent =
    conversation.agentId === null
      ? await core.store.agents.default(ctx.organizationId)
      : await core.store.agents.find(ctx.organizationId, conversation.agentId);
  if (!agent) throw notFound('Agent', `agent_id: agent_${conversation.agentId ?? 'default'}`);
  const { personId } = conversation;
  return core.dialogue.inTurn(conversation.id, () =>
    answer(core, ctx, { agent, conversation, personId, input: { text, temperature: null } }),
  );
}

interface Turn {
  readonly agent: AiAgent;
  readonly conversation: Conversation;
  readonly personId: number | null;
  readonly input: Pick<WriteToAgent, 'text' | 'temperature' | 'variables' | 'onText' | 'signal'>;
}

async function answer(core: Core, ctx: Context, { agent, conversation, personId, input }: Turn): Promise<Answered> {
  const { store, clock, dialogue } = core;
  const where = { conversationId: conversation.id, agentId: agent.id };
  const began = clock.now();
  await store.transaction(async (records) => {
    const metadata = input.variables === undefined ? null : { dynamic_variables: input.variables };
    await records.entries.add(
      conversation.id,
      inText({ role: 'caller', text: input.text, metadata, detail: {}, agentId: null, at: began }),
    );
    await records.outbox.event(ctx.organizationId, {
      type: 'message.received',
      ...where,
      data: { role: 'caller', text: input.text, confidence: 1 },
    });
    await records.outbox.audit(ctx, 'conversation.message', `conv_${conversation.id}`);
  });
  const messages = await store.entries.of(conversation.id, REMEMBERED);
  const given = await dialogue.answer({
    agent,
    conversation,
    personId,
    number: conversation.userId !== null && isPhoneNumber(conversation.userId) ? numberOf(conversation.userId) : null,
    messages,
    temperature: input.temperature,
    onText: input.onText ?? (() => undefined),
    signal: input.signal ?? null,
    onTool: (message) => noteTool(core, ctx.organizationId, where, message),
  });
  const at = clock.now();
  const tookMs = at.getTime() - began.getTime();
  const said: NewMessage = {
    role: 'agent',
    text: given.text,
    metadata: null,
    detail: {
      model: given.model,
      tookMs,
      ...(given.interrupted ? { interrupted: true } : {}),
      ...(given.sources.length > 0 ? { sources: given.sources } : {}),
      ...(given.understood ? { ...given.understood } : {}),
    },
    agentId: agent.id,
    at,
  };
  const analysis =
    personId === null ? null : await dialogue.analyse(agent, [...messages, { ...inText(said), id: 0 }], false);
  const message = await store.transaction(async (records) => {
    const added = await records.entries.add(conversation.id, inText(said));
    await records.conversations.answered(conversation.id, {
      agentId: agent.id,
      personId,
      tokens: given.tokens,
      model: given.model,
    });
    await records.agents.count(agent.id, 1, tookMs, at);
    await records.outbox.event(ctx.organizationId, { type: 'agent.responded', ...where, data: { text: given.text } });
    await records.outbox.event(ctx.organizationId, {
      type: 'message.sent',
      ...where,
      data: { role: 'agent', text: given.text },
    });
    if (analysis && personId !== null)
      await learned(records, { conversationId: conversation.id, personId }, analysis, at);
    // The analysis by a memory helper with a model follows later.
    if (personId !== null && agent.chain.length > 0)
      await records.outbox.job({ name: 'learn', data: { conversationId: conversation.id } });
    return added!;
  });
  const { model, tokens, understood } = given;
  return { conversation, agent, message, model, tokens, tookMs, understood };
}

async function noteTool(
  core: Core,
  organizationId: number,
  where: { readonly conversationId: number; readonly agentId: number },
  message: Pick<NewMessage, 'role' | 'text' | 'detail'>,
): Promise<void> {
  const { key, name, status } = message.detail as { key: string; name: string; status?: string };
  await core.store.transaction(async (records) => {
    const said = { ...message, metadata: null, agentId: where.agentId, at: core.clock.now() };
    await records.entries.add(where.conversationId, inText(said));
    if (status !== undefined && status !== 'unconfirmed')
      await records.outbox.event(organizationId, { type: 'tool.executed', ...where, data: { key, name, status } });
  });
}

/**
 * Finds the conversation: the person's own under that name, else the person's own by our id, else a new one under that
 * name. A guessed id never opens the conversation of another person.
 */
async function talkFor(
  core: Core,
  ctx: Context,
  agent: AiAgent,
  { userId, conversation: wanted }: WriteToAgent,
): Promise<{ conversation: Conversation; personId: number | null }> {
  return core.store.transaction(async (records) => {
    const personId =
      userId === null || isWithheldNumber(userId)
        ? null
        : (await personNamed(records, core.secrets, ctx.organizationId, userId)).id;
    const found =
      wanted === null
        ? null
        : ((await records.conversations.byName(ctx.organizationId, wanted.name, userId)) ??
          (userId === null ? await ofAnyPerson(records, ctx, wanted.name) : null) ??
          (wanted.id === null ? null : await records.conversations.find(ctx.organizationId, wanted.id)));
    const theirs =
      found !== null &&
      (userId === null ||
        found.userId === null ||
        found.userId === userId ||
        (found.personId !== null && found.personId === personId));
    if (found && theirs) {
      if (!mayUse(ctx, found)) throw notFound('Conversation', `conversation_id: ${wanted!.name}`);
      if (found.callId !== null && !isEnded((await records.calls.byId(found.callId))!.status))
        throw new AppError('conflict', 'This conversation is a running call: write into the call itself', {
          subject: `conversation_id: ${wanted!.name}`,
        });
      return { conversation: found, personId: personId ?? found.personId };
    }
    const at = core.clock.now();
    // Our id of another person's conversation is treated as a plain name for a new one.
    return {
      conversation: await records.conversations.begin({
        organizationId: ctx.organizationId,
        agentId: agent.id,
        personId,
        userId,
        name: wanted?.name ?? null,
        startedBy: userOf(ctx.actor),
        at,
      }),
      personId,
    };
  });
}

/** Human agents may use only their own conversations. */
export function mayUse(ctx: Context, conversation: Conversation): boolean {
  const whose = callsOf(ctx.actor);
  return whose === 'all' || (whose.userId !== null && whose.userId === conversation.startedBy);
}

/** The conversation of a name that one person has, where a message names no person; null if several have it. */
async function ofAnyPerson(records: Records, ctx: Context, name: string): Promise<Conversation | null> {
  const found = await records.conversations.onlyByName(ctx.organizationId, name);
  return found && mayUse(ctx, found) ? found : null;
}
