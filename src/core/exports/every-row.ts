import type { Core } from '../core.ts';
import { listConversations } from '../conversations/conversations.ts';
import type { ConversationView } from '../conversations/conversation.ts';
import type { ConversationFilter } from '../conversations/conversation-store.ts';
import { listReviewedCalls, type ReviewedCall } from '../calls/reviewed-calls.ts';
import type { CallFilter } from '../calls/call-store.ts';
import { listLeads } from '../campaigns/campaigns.ts';
import type { LeadFilter, ListedLead } from '../campaigns/campaign-store.ts';
import type { LeadAnswer } from '../campaigns/reasons.ts';
import type { Context } from '../kernel/context.ts';
import type { Page } from '../kernel/page.ts';

// Whole lists, row by row, for exports: each page begins behind the last row of the one before, so that rows which come
// meanwhile are neither repeated nor left out, and nothing holds more than one page.

/** The first rows are there soon. */
const AT_FIRST = 50;
const AT_ONCE = 500;

async function* pages<T>(read: (last: T | undefined, page: Page) => Promise<readonly T[]>): AsyncGenerator<T> {
  let last: T | undefined;
  for (let limit = AT_FIRST; ; limit = AT_ONCE) {
    const rows = await read(last, { skip: 0, limit, uncounted: true });
    yield* rows;
    if (rows.length < limit) return;
    last = rows.at(-1);
  }
}

/** Newest first; with `ended`, the latest end first. */
export const everyCall = (core: Core, ctx: Context, filter: Omit<CallFilter, 'beforeId'>) =>
  pages<ReviewedCall>(async (last, page) => {
    const below = last === undefined ? filter : { ...filter, beforeId: last.call.id };
    return (await listReviewedCalls(core, ctx, below, page)).rows;
  });

/** Oldest first. @throws AppError not-found (campaign) */
export const everyLead = (core: Core, ctx: Context, campaignId: number, filter: Omit<LeadFilter, 'afterId'>) =>
  pages<ListedLead & LeadAnswer>(async (last, page) => {
    const beyond = last === undefined ? filter : { ...filter, afterId: last.id };
    return (await listLeads(core, ctx, campaignId, beyond, page)).rows;
  });

/** By last use, newest first. */
export const everyConversation = (core: Core, ctx: Context, filter: Omit<ConversationFilter, 'startedBy' | 'after'>) =>
  pages<ConversationView>(async (last, page) => {
    const further =
      last === undefined
        ? filter
        : { ...filter, after: { lastMessageAt: last.conversation.lastMessageAt, id: last.conversation.id } };
    return (await listConversations(core, ctx, further, page)).rows;
  });
