import type { ReplyOf } from '@/api/client.ts';

export type Desk = ReplyOf<'GET /api/v1/desk'>;
export type Own = NonNullable<Desk['own']>;
export type Offer = Desk['offers'][number];

export const DESK = ['desk'];
