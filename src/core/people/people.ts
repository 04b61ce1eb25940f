import type { Core } from '../core.ts';
import { TEXT_MESSAGES } from '../calls/receive-text.ts';
import type { Entry } from '../conversations/entry.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { Recollection } from '../memory/memory.ts';
import { recollect } from '../memory/remember.ts';
import type { Consent } from './consent.ts';
import type { ListedPerson, PersonCall, PersonDirectory } from './person-directory.ts';

export interface WholePerson {
  readonly person: ListedPerson;
  readonly memory: Recollection;
  readonly consents: readonly Consent[];
  readonly calls: readonly PersonCall[];
  /** Text messages, newest first. */
  readonly texts: readonly Entry[];
}

const MOST_CALLS = 50;
const MOST_TEXTS = 50;

export function listPeople(
  core: Pick<Core, 'store'>,
  ctx: Context,
  options: Parameters<PersonDirectory['list']>[1],
): Promise<readonly ListedPerson[]> {
  return core.store.people.list(ctx.organizationId, options);
}

/** @throws AppError not-found */
export async function needPerson(core: Pick<Core, 'store'>, ctx: Context, id: number): Promise<ListedPerson> {
  const person = await core.store.people.find(ctx.organizationId, id);
  if (!person) throw notFound('Person', `person_id: person_${id}`);
  return person;
}

/** @throws AppError not-found */
export async function getPerson(core: Pick<Core, 'store'>, ctx: Context, id: number): Promise<WholePerson> {
  const person = await needPerson(core, ctx, id);
  const [memory, consents, calls, texts] = await Promise.all([
    recollect(core.store, id),
    core.store.consents.of(ctx.organizationId, id),
    core.store.people.calls(id, MOST_CALLS),
    Promise.all(person.numbers.map((number) => textsOf(core, ctx, number))),
  ]);
  const newest = texts.flat().toSorted((one, other) => other.at.getTime() - one.at.getTime());
  return { person, memory, consents, calls, texts: newest.slice(0, MOST_TEXTS) };
}

async function textsOf(core: Pick<Core, 'store'>, ctx: Context, number: string): Promise<readonly Entry[]> {
  const conversation = await core.store.conversations.byName(ctx.organizationId, TEXT_MESSAGES, number);
  return conversation ? core.store.entries.of(conversation.id, MOST_TEXTS) : [];
}
