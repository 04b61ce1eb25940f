import type { ReplyOf } from '@/api/client.ts';
import type { Tone } from '@/design/status.tsx';

type Board = ReplyOf<'GET /api/calls/board'>;
export type Card = Board['data']['calls'][number];

export const LANES = [
  { lane: 'ringing', title: 'Ringing', tone: 'plain', none: 'No call is being placed.' },
  { lane: 'ai', title: 'With the agent', tone: 'agent', none: 'No agent is talking.' },
  { lane: 'waiting', title: 'Waiting', tone: 'wait', none: 'No caller waits for a person.' },
  { lane: 'human', title: 'With a person', tone: 'person', none: 'No person is on a call.' },
] as const satisfies readonly { lane: Card['lane']; title: string; tone: Tone; none: string }[];
