import type { Core } from '../core.ts';
import type { Entry } from '../conversations/entry.ts';
import type { HumanPart } from '../desk/desk-store.ts';
import type { Context } from '../kernel/context.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Sentiment } from '../memory/analyst.ts';
import { isEnded, LIVE_STATUSES, type Call, type Direction } from './call.ts';
import { NO_ORIGIN, roomNameOf, type CallOrigin } from './call-origin.ts';
import { getCall, listCalls } from './get-call.ts';

/** A call with what a service desk shows of it. */
export interface CallSession {
  readonly call: Call;
  readonly origin: CallOrigin;
  readonly roomName: string;
  /** The client's id of the person, and ours; null while the person is unknown. */
  readonly person: { readonly personId: number; readonly outsideId: string | null } | null;
  /** Who talks to the person, or talked to them last. */
  readonly handledBy: 'ai-agent' | 'human-agent';
  /** How often a person took the call over. */
  readonly transferCount: number;
  /** Of the person so far; null before they have spoken. */
  readonly sentiment: Sentiment | null;
}

/** The most calls in one answer that has no pages; totals count all. */
const MOST_ACTIVE = 1000;

/** Running calls that the actor may see, newest first. Without a page: all, up to a bound. */
export async function activeSessions(
  core: Core,
  ctx: Context,
  directions: readonly Direction[],
  page: Page = { skip: 0, limit: MOST_ACTIVE },
): Promise<Listed<CallSession>> {
  const { rows, total } = await listCalls(core, ctx, { statuses: LIVE_STATUSES, directions }, page);
  return { rows: await sessionsOf(core, rows), total };
}

/** How many calls run that the actor may see. */
export async function countActive(core: Core, ctx: Context, directions: readonly Direction[]): Promise<number> {
  return (await listCalls(core, ctx, { statuses: LIVE_STATUSES, directions }, { skip: 0, limit: 1 })).total;
}

/** @throws AppError not-found */
export async function getSession(
  core: Core,
  ctx: Context,
  id: string | number,
  subject: string,
  what: string,
): Promise<CallSession> {
  const [session] = await sessionsOf(core, [await getCall(core, ctx, id, subject, what)]);
  return session!;
}

async function sessionsOf(core: Core, calls: readonly Call[]): Promise<readonly CallSession[]> {
  if (calls.length === 0) return [];
  const ids = calls.map((call) => call.id);
  const [origins, people, connections, reviews] = await Promise.all([
    core.store.callOrigins.of(ids),
    core.store.persons.onCalls(ids),
    core.store.desk.connectionsOf(ids),
    core.store.callReviews.of(ids),
  ]);
  const unjudged = calls.filter((call) => call.answeredAt !== null && !reviews.get(call.id)?.analysis);
  const spoken = await core.store.entries.lastOfCalls(
    unjudged.map((call) => call.conversationId),
    LAST_ENTRIES,
  );
  const byCall = Map.groupBy(connections, (one) => one.callId);
  return Promise.all(
    calls.map(async (call) => ({
      call,
      origin: origins.get(call.id) ?? NO_ORIGIN,
      roomName: roomNameOf(call, origins.get(call.id)?.roomName ?? null),
      person: people.get(call.id) ?? null,
      handledBy: handledBy(call, byCall.get(call.id) ?? []),
      transferCount: byCall.get(call.id)?.length ?? 0,
      sentiment:
        reviews.get(call.id)?.analysis?.sentiment ?? (await sentimentOf(core, spoken.get(call.conversationId) ?? [])),
    })),
  );
}

/** The last words show the mood of a running call, and bound the work. */
const LAST_ENTRIES = 20;

async function sentimentOf(core: Core, entries: readonly Entry[]): Promise<Sentiment | null> {
  if (!entries.some((entry) => entry.role === 'caller')) return null;
  return (await core.dialogue.analyse(null, entries, false)).judgement?.sentiment ?? null;
}

/**
 * A human agent who has the caller handles a running call, from the acceptance on; an ended one was handled by who had
 * the caller at its end.
 */
function handledBy(
  { status, endedAt }: Pick<Call, 'status' | 'endedAt'>,
  parts: readonly HumanPart[],
): CallSession['handledBy'] {
  const stayed = (part: HumanPart) =>
    part.endedAt === null || (isEnded(status) && endedAt !== null && part.endedAt.getTime() >= endedAt.getTime());
  return parts.some(stayed) ? 'human-agent' : 'ai-agent';
}
