import { estimateMinutes } from '#core/desk/estimate.ts';
import type { Place } from '#core/desk/place-in-line.ts';
import { isOverflowCause, type OverflowCause, type WaitLimits } from '#core/desk/wait-limits.ts';
import { sayTime } from '#core/bookings/spoken-time.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import { DO_NOT_CALL } from '#core/tools/tool.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { BOOKING_TOOLS } from './booking-tools.ts';
import { as, param, type Args, type BuiltIn, type ToolContext } from './tool-scene.ts';

/** The turn machine itself executes `end_call` after the goodbye was heard. */
export const BUILT_INS: readonly BuiltIn[] = [
  {
    definition: {
      name: 'end_call',
      description: 'Ends the call after what you say now.',
      parameters: { reason: param('One word for why: completed, refused, callback, booked', false) },
    },
    run: () => Promise.resolve({ status: 'failed', output: 'The call ends by itself.' }),
  },
  {
    definition: {
      name: 'transfer_to_human',
      description: 'Asks for a person to take over the call, or takes that request back.',
      parameters: {
        reason: param('What the caller wants', false),
        cancel: param('yes, if the caller no longer wants to wait for a person', false),
      },
    },
    run: transferToHuman,
  },
  ...BOOKING_TOOLS,
  {
    definition: {
      name: DO_NOT_CALL,
      description: 'Notes that this person never wants to be called again.',
      parameters: {},
    },
    run: neverAgain,
  },
];

async function transferToHuman(scene: ToolContext, args: Args): Promise<ToolOutcome> {
  const { agent, store, canTransfer, subject } = scene;
  if (/^(yes|true)$/i.test(args['cancel'] ?? '')) {
    await scene.line?.leave('changed_mind');
    return { status: 'ok', output: 'The caller does not wait any more. Go on yourself.', waitForHuman: false };
  }
  const possible = agent.transferNumber !== null && canTransfer;
  await store.outbox.audit(as(scene), possible ? 'call.transfer' : 'call.transfer-requested', subject, {
    ...args,
    ...(possible ? { to: agent.transferNumber } : {}),
  });
  if (possible) return { status: 'ok', output: 'A colleague takes over now.', transfers: true };
  const place = scene.line && (await scene.line.ask(args['reason'] ?? null));
  const refused = place && refusalInWords(scene, place);
  if (refused) return { status: 'ok', output: refused, waitForHuman: false };
  return { status: 'ok', output: placeInWords(place), waitForHuman: true };
}

const WHY_NOT: Readonly<Record<OverflowCause, string>> = {
  closed: 'colleagues are not there at this time',
  longest_wait: 'the wait would be too long',
  too_many_waiting: 'too many callers wait already',
  no_agents: 'no colleague is there',
};

const INSTEAD: Readonly<Record<WaitLimits['offers'][number], string>> = {
  callback: 'a callback',
  message: 'to take a message',
};

/** Null if the caller waits in line. */
function refusalInWords({ timeZone, clock }: ToolContext, { entry }: Place): string | null {
  if (entry.state !== 'done' || !isOverflowCause(entry.cause)) return null;
  const { offers = [], opensAt = null } = entry.limits ?? {};
  const again = entry.cause === 'closed' && opensAt ? ` until ${sayTime(opensAt, timeZone, clock.now())}` : '';
  const instead = offers.map((offer) => INSTEAD[offer]).join(' or ');
  return `Not in line: ${WHY_NOT[entry.cause]}${again}. Say so, and offer ${instead}.`;
}

/** The caller can wait, or get a callback. */
function placeInWords(place: Place | null): string {
  if (place?.offer) return 'A colleague is being connected. Say so; until then you stay with the caller.';
  if (!place?.isStaffed) return 'Nobody is free right now. Offer a callback, or to wait.';
  const minutes = estimateMinutes(place.entry.toldMs);
  const wait = minutes === null ? '' : `, about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `In line: number ${place.position}${wait}. Say so, and offer to wait or a callback.`;
}

async function neverAgain(scene: ToolContext): Promise<ToolOutcome> {
  const { number, personId, store, clock, subject } = scene;
  if (number !== null && isPhoneNumber(number)) {
    await refuseCalls(scene, as(scene), number, subject);
    return { status: 'ok', output: 'This person will not be called again.' };
  }
  if (personId !== null) await store.persons.refuseCalls(personId, clock.now());
  await store.outbox.audit(as(scene), 'person.do-not-call', subject);
  return {
    status: 'ok',
    output:
      personId === null ? 'It is noted; this call came without a number.' : 'This person will not be called again.',
  };
}
