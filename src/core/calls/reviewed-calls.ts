import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { Micros } from '../kernel/money.ts';
import type { PricedLine } from '../usage/usage.ts';
import type { Listed, Page } from '../kernel/page.ts';
import { LIVE_STATUSES, type Call } from './call.ts';
import { NO_REVIEW, type CallReview } from './call-review.ts';
import type { CallFilter, CallSort } from './call-store.ts';
import type { CallEntry } from '../conversations/entry.ts';
import { entriesOf, entriesOfListed, getCall, listCalls } from './get-call.ts';
import { qualityOf } from './quality.ts';

/** A call with what it cost so far and what was judged of it. */
export interface ReviewedCall {
  readonly call: Call;
  readonly cost: Micros;
  readonly review: CallReview;
}

export interface CallDetail extends ReviewedCall {
  /** What its cost consists of. */
  readonly usage: readonly PricedLine[];
  readonly entries: readonly CallEntry[];
  readonly summary: string | null;
}

/** @throws AppError not-found */
export async function getCallDetail(
  core: Core,
  ctx: Context,
  id: string | number,
  subject: string,
): Promise<CallDetail> {
  const call = await getCall(core, ctx, id, subject);
  const [reviews, entries, conversation, usage] = await Promise.all([
    withReviews(core, [call]),
    entriesOf(core, call),
    core.store.conversations.ofCall(call.id),
    core.store.usage.ofCall(call.id),
  ]);
  return { ...reviews[0]!, entries, usage, summary: conversation?.summary ?? null };
}

/** See `listCalls`. */
export async function listReviewedCalls(
  core: Core,
  ctx: Context,
  filter: CallFilter,
  page: Page,
  sort: CallSort = 'created_at',
): Promise<Listed<ReviewedCall>> {
  const { rows, total } = await listCalls(core, ctx, filter, page, sort);
  return { rows: await withReviews(core, rows), total };
}

/** Most running calls in one answer; the count is of all. */
const MOST_ACTIVE = 1000;

export interface ActiveCall {
  readonly call: Call;
  /** So far, see `qualityOf`; null before the agent has spoken. */
  readonly quality: number | null;
}

/** The running calls that the actor may see, newest first. */
export async function activeCalls(core: Core, ctx: Context): Promise<Listed<ActiveCall>> {
  const { rows, total } = await listCalls(core, ctx, { statuses: LIVE_STATUSES }, { skip: 0, limit: MOST_ACTIVE });
  const entries = await entriesOfListed(core, rows);
  return {
    rows: rows.map((call) => ({ call, quality: qualityOf(call, entries.get(call.conversationId) ?? []) })),
    total,
  };
}

async function withReviews({ store }: Core, calls: readonly Call[]): Promise<ReviewedCall[]> {
  const ids = calls.map((call) => call.id);
  const [reviews, costs] = await Promise.all([store.callReviews.of(ids), store.usage.costsOf(ids)]);
  return calls.map((call) => ({
    call,
    cost: costs.get(call.id) ?? (0 as Micros),
    review: reviews.get(call.id) ?? NO_REVIEW,
  }));
}
