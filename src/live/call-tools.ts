import type { Call } from '#core/calls/call.ts';
import type { Store } from '#core/ports.ts';
import type { WallClock } from '#core/kernel/ports.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/voice-session.ts';

/** Tools that every agent has. `end_call` is carried out by the turn machine itself, when its goodbye has been heard. */
export const CALL_TOOLS: readonly ToolDefinition[] = [
  { name: 'end_call', description: 'Ends the call after what you say now.', parameters: { reason: { description: 'One word for why: completed, refused, callback, booked', required: false } } },
  { name: 'transfer_to_human', description: 'Asks for a person to take over the call.', parameters: { reason: { description: 'What the caller wants', required: false } } },
  { name: 'take_callback', description: 'Notes that the caller wants to be called back.', parameters: { when: { description: 'When, in the words of the caller', required: true } } },
  { name: 'do_not_call', description: 'Notes that this person never wants to be called again.', parameters: {} },
];

/** Runs a built-in tool once. What it notes is on record before it answers. */
export async function runCallTool(store: Store, clock: WallClock, call: Call, name: string, args: Readonly<Record<string, string>>): Promise<ToolOutcome> {
  const actor = { organizationId: call.organizationId, actor: { kind: 'system', name: 'agent' } } as const;
  switch (name) {
    case 'transfer_to_human':
      await store.outbox.audit(actor, 'call.transfer-requested', call.sid, { ...args });
      // Human agents come with the desk; until then the caller is told so, may wait, or be called back.
      return { status: 'ok', output: 'Nobody is free right now. Offer a callback, or to wait.', waitForHuman: true };
    case 'take_callback':
      await store.outbox.audit(actor, 'call.callback-requested', call.sid, { ...args, number: call.direction === 'inbound' ? call.from : call.to });
      return { status: 'ok', output: 'The callback is noted.' };
    case 'do_not_call': {
      const { personId } = call;
      await store.transaction(async (records) => {
        if (personId !== null) await records.persons.refuseCalls(personId, clock.now());
        await records.outbox.audit(actor, 'person.do-not-call', call.sid);
      });
      return { status: 'ok', output: 'This person will not be called again.' };
    }
    default:
      return { status: 'failed', output: `There is no tool ${name}.` };
  }
}
