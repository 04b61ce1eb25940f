import type { ReplyOf } from '@/api/client.ts';

export type Call = ReplyOf<'GET /api/calls/:call_id'>['data'];
export type Timeline = ReplyOf<'GET /api/calls/:call_id/timeline'>['data'];
export type TimelineEntry = Timeline['entries'][number];
