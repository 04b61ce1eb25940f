import type { MemoryChange, Recollection } from './memory.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { invalid } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import { isWithheldNumber } from '../people/withheld-number.ts';
import { personNamed, personOf } from '../people/person-of.ts';

const EMPTY: Recollection = { preferences: {}, topics: [], updatedAt: null, recent: [] };
const RECENT = 10;
const MOST_PREFERENCES = 100;
const MOST_TOPICS = 200;

const DEFAULT_STYLE = 'friendly';

/** What is known of a person, named in any way, with the organization's defaults. Nothing for a withheld number. */
export async function recall(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  userId: string,
): Promise<Recollection> {
  if (isWithheldNumber(userId)) return EMPTY;
  const [organization, personId] = await Promise.all([
    core.store.organizations.get(ctx.organizationId),
    personOf(core.store, ctx.organizationId, userId),
  ]);
  const { language, timeZone } = organization!;
  const known = personId === null ? EMPTY : await recollect(core.store, personId);
  const defaults = { language, timezone: timeZone, communication_style: DEFAULT_STYLE };
  return { ...known, preferences: { ...defaults, ...known.preferences } };
}

export async function recollect(
  records: Pick<Records, 'memory' | 'conversations'>,
  personId: number,
): Promise<Recollection> {
  const [memory, recent] = await Promise.all([
    records.memory.of(personId),
    records.conversations.summaries(personId, RECENT),
  ]);
  return {
    ...memory,
    recent: recent.map(({ conversation, summary, at }) => ({ conversation, summary, at })),
  };
}

/**
 * Adds to what is known of a person; creates an unknown person. @throws AppError invalid-input if it would be too much
 */
export async function remember(
  core: Pick<Core, 'store' | 'clock' | 'secrets'>,
  ctx: Context,
  userId: string,
  change: MemoryChange,
): Promise<void> {
  if (isWithheldNumber(userId)) throw invalid('user_id', `stands for a withheld number: ${userId} is no person`);
  await core.store.transaction(async (records) => {
    const { id: personId } = await personNamed(records, core.secrets, ctx.organizationId, userId);
    await records.memory.merge(personId, change, core.clock.now());
    const { preferences, topics } = await records.memory.of(personId);
    if (Object.keys(preferences).length > MOST_PREFERENCES)
      throw invalid('preferences', `may be ${MOST_PREFERENCES} at most`, 'range');
    if (topics.length > MOST_TOPICS) throw invalid('knowledge.topics', `may be ${MOST_TOPICS} at most`, 'range');
    await records.outbox.audit(ctx, 'memory.change', `person_${personId}`);
  });
}

/**
 * Forgets what was remembered of a person: what they like, their topics, what was talked about. Records of calls stay.
 */
export async function forget(core: Pick<Core, 'store'>, ctx: Context, userId: string): Promise<void> {
  await core.store.transaction(async (records) => {
    const personId = await personOf(records, ctx.organizationId, userId);
    if (personId === null) return;
    await records.memory.clear(personId);
    await records.conversations.forgetSummaries(personId);
    await records.outbox.audit(ctx, 'memory.forget', `person_${personId}`);
  });
}
