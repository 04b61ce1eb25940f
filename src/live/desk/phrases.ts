import type { Call } from '#core/calls/call.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';

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

/** What an agent hears before the caller joins. */
export function briefingText(call: Pick<Call, 'variables' | 'to' | 'from' | 'direction'>, entry: QueueEntry): string {
  const name = call.variables['name'];
  const who = name === undefined || name.trim() === '' ? 'A caller' : name.trim();
  return entry.reason === null ? `${who} asks for you.` : `${who} asks for you: ${entry.reason}.`;
}
