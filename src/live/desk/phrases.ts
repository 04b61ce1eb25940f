import type { Call } from '#core/calls/call.ts';
import { sayTime } from '#core/bookings/spoken-time.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { isOverflowCause, type OverflowCause } from '#core/desk/wait-limits.ts';
import type { TimeZone } from '#core/kernel/locale.ts';

/** What callers and agents hear of the desk. */
export const DESK_PHRASES = {
  handedBack: 'You are with the assistant again. How can I help you?',
  humanLeft: 'My colleague has left the call. Is there anything else I can do for you?',
  interrupted: 'One moment, please. The connection to my colleague is interrupted.',
  agentLost: 'My colleague is no longer on the line. I will go on with you. How can I help?',
  notReached: 'I am sorry, my colleague cannot take the call right now. How can I help you instead?',
  exits: 'My colleagues are all on calls. You are welcome to wait, or shall we call you back?',
  pressOne: 'Press 1 or say yes to take the call, or press 2 to decline.',
} as const;

const OVERFLOWS: Readonly<Record<OverflowCause, string>> = {
  closed: 'we are closing, and my colleagues take no more calls for now',
  longest_wait: 'the wait takes too long today',
  too_many_waiting: 'too many callers are waiting',
  no_agents: 'my colleagues have left',
};

/** What the caller hears who had to leave the line, and can have instead; null if they did not have to. */
export function overflowWords({ cause, limits }: QueueEntry, zone: TimeZone, now: Date): string | null {
  if (!isOverflowCause(cause)) return null;
  const { offers = [], opensAt = null } = limits ?? {};
  const again = cause === 'closed' && opensAt ? ` We are there again on ${sayTime(opensAt, zone, now)}.` : '';
  const sorry = `I am sorry, ${OVERFLOWS[cause]}, so I took you out of the line.${again}`;
  if (!offers.includes('callback')) return `${sorry} I can take a message for them. What is the message?`;
  const message = offers.includes('message') ? 'Would you like to leave a message, or shall we' : 'Shall we';
  return `${sorry} ${message} call you back?`;
}

/** What a person hears whom a campaign called and no agent can talk with: who called, and where to reach them. */
export function noAgentFree(organization: string | null, from: string | null): string {
  const who = organization === null ? 'We called you' : `This was a call from ${organization}`;
  const reach = from === null ? '' : ` You can reach us at ${from}.`;
  return `${who}. We are sorry, no one is free to talk to you right now.${reach} Goodbye.`;
}

/** What an agent hears before the caller joins. */
export function briefingText(call: Pick<Call, 'variables' | 'to' | 'from' | 'direction'>, entry: QueueEntry): string {
  const name = call.variables['name'];
  if (entry.requestedBy === 'campaign') return `We are calling ${name?.trim() || 'the next person'} for you.`;
  const who = name === undefined || name.trim() === '' ? 'A caller' : name.trim();
  return entry.reason === null ? `${who} asks for you.` : `${who} asks for you: ${entry.reason}.`;
}
