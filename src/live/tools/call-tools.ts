import { bookSlot, holdNextSlot, noteCallback, type BookSlot } from '#core/bookings/booking.ts';
import { spokenTime } from '#core/bookings/spoken-time.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Call } from '#core/calls/call.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { TimeZone } from '#core/kernel/locale.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import type { Secrets, WallClock } from '#core/kernel/ports.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import type { Store } from '#core/ports.ts';
import { DO_NOT_CALL } from '#core/tools/tool.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/voice-session.ts';

/** What a built-in tool stands on, on one call. */
export interface CallToolContext {
  readonly call: Call;
  readonly agent: AiAgent;
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  /** Whether the carrier of this call hands it over to a number. */
  readonly canTransfer: boolean;
}

type Args = Readonly<Record<string, string>>;

interface CallTool {
  readonly definition: ToolDefinition;
  run(context: CallToolContext, args: Args): Promise<ToolOutcome>;
}

const param = (description: string, required: boolean) => ({ description, required });

/** `end_call` is carried out by the turn machine itself, when its goodbye has been heard. */
export const CALL_TOOLS: readonly CallTool[] = [
  {
    definition: { name: 'end_call', description: 'Ends the call after what you say now.', parameters: { reason: param('One word for why: completed, refused, callback, booked', false) } },
    run: () => Promise.resolve({ status: 'failed', output: 'The call ends by itself.' }),
  },
  {
    definition: { name: 'transfer_to_human', description: 'Asks for a person to take over the call.', parameters: { reason: param('What the caller wants', false) } },
    run: transferToHuman,
  },
  {
    definition: {
      name: 'book_slot', description: 'Books an appointment at a time that the caller agreed to.',
      parameters: { when: param('Day and time, in the words of the caller or as 2026-01-15T15:00', true), name: param("The caller's name", false), notes: param('What the appointment is about', false) },
    },
    run: book,
  },
  {
    definition: { name: 'take_callback', description: 'Notes that the caller wants to be called back.', parameters: { when: param('When, in the words of the caller', true), reason: param('What about', false) } },
    run: takeCallback,
  },
  { definition: { name: DO_NOT_CALL, description: 'Notes that this person never wants to be called again.', parameters: {} }, run: neverAgain },
];

const as = ({ call }: CallToolContext) => ({ organizationId: call.organizationId, actor: { kind: 'system', name: 'agent' } }) as const;
const theirNumber = ({ call }: CallToolContext) => (call.direction === 'inbound' ? call.from : call.to);

async function transferToHuman(context: CallToolContext, args: Args): Promise<ToolOutcome> {
  const { agent, call, store, canTransfer } = context;
  const possible = agent.transferNumber !== null && canTransfer;
  await store.outbox.audit(as(context), possible ? 'call.transfer' : 'call.transfer-requested', call.sid, { ...args, ...(possible ? { to: agent.transferNumber } : {}) });
  if (possible) return { status: 'ok', output: 'A colleague takes over now.', transfers: true };
  // Nobody to hand over to: the caller is told so, may wait, or be called back.
  return { status: 'ok', output: 'Nobody is free right now. Offer a callback, or to wait.', waitForHuman: true };
}

async function book(context: CallToolContext, args: Args): Promise<ToolOutcome> {
  const { call, store, clock } = context;
  const organization = await store.organizations.get(call.organizationId);
  const at = spokenTime(args['when'] ?? '', clock.now(), organization!.timeZone);
  if (at === null) return { status: 'failed', output: 'The time was not understood. Ask for a day and a time.' };
  const zone = organization!.timeZone;
  const wanted: BookSlot = { at, name: args['name'] ?? null, number: theirNumber(context), notes: args['notes'] ?? null, personId: call.personId, callId: call.id };
  try {
    await bookSlot(context, as(context), wanted);
    return { status: 'ok', output: `Booked for ${spoken(at, zone)}.` };
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') {
      const free = await holdNextSlot(context, call.organizationId, zone, wanted);
      return { status: 'failed', output: free === null ? 'That time is taken. Ask for another one.' : `That time is taken. Free: ${spoken(free, zone)} (${free.toISOString()}). Offer it, and book it when the caller agrees.` };
    }
    if (error instanceof AppError && error.code === 'invalid-input') return { status: 'failed', output: 'That time is over. Ask for another one.' };
    throw error;
  }
}

function spoken(at: Date, zone: TimeZone): string {
  return at.toLocaleString('en-US', { timeZone: zone, weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' });
}

async function takeCallback(context: CallToolContext, args: Args): Promise<ToolOutcome> {
  const { call, store, clock } = context;
  const wanted = args['when'] ?? '';
  const organization = await store.organizations.get(call.organizationId);
  await noteCallback(context, as(context), { callId: call.id, personId: call.personId, number: theirNumber(context), wanted, dueAt: spokenTime(wanted, clock.now(), organization!.timeZone), reason: args['reason'] ?? 'asked for on the call' });
  return { status: 'ok', output: 'The callback is noted.' };
}

async function neverAgain(context: CallToolContext): Promise<ToolOutcome> {
  const number = theirNumber(context);
  if (number === null || !isPhoneNumber(number)) {
    await context.store.outbox.audit(as(context), 'person.do-not-call', context.call.sid);
    return { status: 'ok', output: 'It is noted; this call came without a number.' };
  }
  await refuseCalls(context, as(context), number, context.call.sid);
  return { status: 'ok', output: 'This person will not be called again.' };
}
