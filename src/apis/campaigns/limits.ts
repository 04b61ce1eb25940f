import type { Limit } from '../kit/limit.ts';

/** Requests of HTTP; several queries in one are one request, each further procedure of another kind is one more. */
export const REQUESTS: Limit = { name: 'requests', points: 100, windowS: 60 };
/** What the seed calls database queries. */
export const QUERIES: Limit = { name: 'queries', points: 1000, windowS: 60 };
/** Calls of one campaign. */
export const CALLS: Limit = { name: 'campaign-calls', points: 10, windowS: 60 };
