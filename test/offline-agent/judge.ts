import type { TestServer } from '../support/server.ts';
import { startReceiver } from '../support/receiver.ts';
import { writeToAgent } from '#core/conversations/talk.ts';
import { DEFAULT_POLICY } from '#engine/turns/policy.ts';
import type { OfflineProviders } from '#providers/offline/offline.ts';
import { CONFIRM, spokenInstant } from '#providers/offline/dialogue/booking/wish.ts';
import { timeZone } from '#core/kernel/locale.ts';
import { ZONE, type AgentSet, type Booking, type Question } from './agent-set.ts';
import { Telephone } from './telephone.ts';

/** What became of a question: `unknown` is no answer, which is wrong but not false. */
export type Verdict = 'right' | 'unknown' | 'wrong' | 'false';

export interface Judged<T> {
  readonly agent: string;
  readonly item: T;
  readonly verdict: T extends Booking ? 'right' | 'wrong' | 'elsewhere' : Verdict;
  /** The talk, a line each. */
  readonly talk: readonly string[];
  readonly found?: string;
}

export const DOES_NOT_KNOW = /\b(I do not know|I don't know)\b/i;

/** An answer that names another code as what it is about says nothing false of the one that was asked about. */
const ABOUT = /^For ([A-Z]+\d+): /;

export function judgeAnswer({ asked, right, wrong }: Question, answer: string): Verdict {
  const about = ABOUT.exec(answer)?.[1];
  if (about !== undefined && /\d/.test(asked) && !asked.replaceAll(/[\s-]/g, '').toUpperCase().includes(about))
    return 'wrong';
  if (wrong.some((pattern) => pattern.test(answer))) return 'false';
  if (right === null) return DOES_NOT_KNOW.test(answer) ? 'right' : 'wrong';
  if (right.every((pattern) => pattern.test(answer))) return 'right';
  return DOES_NOT_KNOW.test(answer) ? 'unknown' : 'wrong';
}

const LONGEST_TALK = 14;
/** A person who is asked the same thing again gives the same answer twice, not for ever. */
const REPEATED = 2;

const AGREES = /^(?:yes|yeah|yep|right|correct|ok|okay|perfect|that is right)\b/i;

/** What of a booking the agent reads back otherwise than the caller said it. */
function readBackOtherwise(reply: string, { booked }: Booking): 'name' | 'time' | null {
  if (!reply.endsWith(CONFIRM)) return null;
  if (booked === null) return 'time';
  const [date, clock] = booked.at.split('T');
  const at = new Date(`${date}T${clock}:00Z`);
  if (!reply.includes(spokenInstant(at, timeZone('UTC')))) return 'time';
  return booked.name !== undefined && !booked.name.test(reply) ? 'name' : null;
}

/** A caller does not agree to what they did not say: they correct a wrong name once, and then leave it. */
function objection(reply: string, booking: Booking, corrected: boolean): string | null {
  const wrong = readBackOtherwise(reply, booking);
  if (wrong === null) return null;
  const name = booking.answers?.find(([pattern]) => pattern.test('name'))?.[1];
  return wrong === 'name' && !corrected && name !== undefined ? `No, my name is ${bareName(name)}.` : 'No, forget it.';
}

/** A caller who is asked to spell their name does so. */
function spelledName(reply: string, booking: Booking): string | null {
  if (!reply.includes('spell')) return null;
  const name = booking.answers?.find(([pattern]) => pattern.test('name'))?.[1];
  const words = name === undefined ? [] : bareName(name).toUpperCase().split(' ');
  return words.map((word) => [...word].join(' ')).join(', ') || null;
}

const bareName = (answer: string) => answer.replace(/^(?:my name is|this is) /i, '');

const NOT_HEARD = DEFAULT_POLICY.phrases.repeat;

/** An agent of the set on a running server, and a person who talks to it. */
export class Talker {
  readonly #server: TestServer;
  readonly #agentId: number;
  readonly #name: string;
  readonly #set: AgentSet;
  /** Talks go by voice if set. */
  speech: OfflineProviders | null = null;
  #talks = 0;

  private constructor(server: TestServer, set: AgentSet, agentId: number) {
    this.#server = server;
    this.#name = set.name;
    this.#set = set;
    this.#agentId = agentId;
  }

  static async of(server: TestServer, set: AgentSet, onClose: (close: () => Promise<void>) => void): Promise<Talker> {
    const { body } = await server.request('POST', '/v1/convai/agents', { name: set.name, system_prompt: set.prompt });
    const id = String(body['agent_id']);
    for (const { name, type, text } of set.documents) {
      const added = await server.request('POST', `/v1/convai/agents/${id}/knowledge-base`, {
        text,
        name,
        file_type: type,
      });
      if (added.status !== 200) throw new Error(`${name}: ${JSON.stringify(added.body)}`);
    }
    for (const { answer, requiredParams, optionalParams, ...tool } of set.tools) {
      const receiver = await startReceiver((request, reply) =>
        reply.end(answer(request.json['parameters'] as Record<string, unknown>)),
      );
      onClose(() => receiver.close());
      const made = await server.request('POST', `/v1/convai/agents/${id}/tools`, {
        ...tool,
        required_params: requiredParams,
        optional_params: optionalParams,
        webhook_url: receiver.url,
      });
      if (made.status !== 200) throw new Error(`${tool.name}: ${JSON.stringify(made.body)}`);
    }
    return new Talker(server, set, Number(id.slice('agent_'.length)));
  }

  async question(item: Question): Promise<Judged<Question>> {
    const talk: string[] = [];
    const answer = (await this.#talk([item.asked], [], talk)).at(-1)!;
    return { agent: this.#name, item, verdict: judgeAnswer(item, answer), talk };
  }

  async booking(item: Booking): Promise<Judged<Booking>> {
    await this.#server.database('delete from bookings');
    const talk: string[] = [];
    await this.#talk(item.says, item.answers ?? [], talk, item);
    const made = (
      await this.#server.database(
        `select to_char(at at time zone '${ZONE}', 'YYYY-MM-DD"T"HH24:MI') as at, name, notes from bookings where held_until is null`,
      )
    ).map((row) => ({
      at: String(row['at']),
      name: (row['name'] ?? '') as string,
      notes: (row['notes'] ?? '') as string,
    }));
    const { booked } = item;
    const right =
      booked === null
        ? made.length === 0
        : made.length === 1 &&
          made[0]!.at === booked.at &&
          (booked.name ?? /^/).test(made[0]!.name) &&
          (booked.notes ?? /^/).test(made[0]!.notes);
    return {
      agent: this.#name,
      item,
      verdict: right ? 'right' : made.length === 0 ? 'wrong' : 'elsewhere',
      talk,
      found: JSON.stringify(made),
    };
  }

  async #talk(
    says: readonly string[],
    answers: readonly (readonly [RegExp, string])[],
    talk: string[] = [],
    booking: Booking | null = null,
  ): Promise<string[]> {
    const name = `${this.#agentId}-${this.#talks++}`;
    const left = [...says];
    const given = new Map<string, number>();
    const replies: string[] = [];
    const phone = this.speech && new Telephone(this.speech, await this.#likelyWords());
    let repeats = 0;
    let corrected = false;
    let reply = '';
    let next: string | undefined = left.shift();
    while (next !== undefined && replies.length < LONGEST_TALK) {
      const heard: string = phone ? await phone.hear(next, reply, repeats) : next;
      // The engine asks the caller to say again what the recogniser rejected.
      reply = heard === '' ? NOT_HEARD : await this.say(name, heard);
      talk.push(`person: ${next}`, ...(phone ? [`heard: ${heard}`] : []), `agent: ${reply}`);
      replies.push(reply);
      if (reply === NOT_HEARD && repeats < REPEATED) {
        repeats++;
        continue;
      }
      repeats = 0;
      const answer = reply.includes('?')
        ? answers.find(([pattern, text]) => pattern.test(reply) && (given.get(text) ?? 0) < REPEATED)?.[1]
        : undefined;
      if (answer !== undefined) given.set(answer, (given.get(answer) ?? 0) + 1);
      next = answer ?? left.shift();
      const spelled = phone && booking ? spelledName(reply, booking) : null;
      if (spelled !== null && answer === undefined && next !== undefined) left.unshift(next);
      next = spelled ?? next;
      const objects =
        phone && booking && next !== undefined && AGREES.test(next) && objection(reply, booking, corrected);
      if (objects) {
        // What they would have said comes after the correction is read back.
        if (!objects.includes('forget')) {
          left.unshift(next!);
          corrected = true;
        }
        next = objects;
      }
    }
    phone?.close();
    return replies;
  }

  /** As the engine gives them to the recogniser. */
  async #likelyWords(): Promise<readonly string[]> {
    const passages = await this.#server.app.core.store.knowledge.firstPassages(this.#agentId, 40);
    return [this.#set.prompt, ...passages.map((one) => one.text)];
  }

  /** By the verb that the text APIs call. */
  async say(conversation: string, text: string): Promise<string> {
    const { message } = await writeToAgent(this.#server.app.core, this.#server.system, {
      agentId: this.#agentId,
      text,
      userId: null,
      conversation: { name: conversation, id: null },
      temperature: null,
    });
    return message.text;
  }

  /** Through the API, as a client does. */
  async askByApi(text: string): Promise<string> {
    const { body } = await this.#server.request('POST', `/agents/agent_${this.#agentId}/message`, {
      message: text,
      context: {},
    });
    return String((body['response'] as Record<string, unknown>)['message']);
  }
}
