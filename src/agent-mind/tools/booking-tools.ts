import { bookSlot, noteCallback } from '#core/bookings/book-slot.ts';
import { holdNextSlot } from '#core/bookings/free-slots.ts';
import type { Booking, BookSlot } from '#core/bookings/booking.ts';
import { cancelBooking } from '#core/bookings/cancel-booking.ts';
import { moveBooking } from '#core/bookings/move-booking.ts';
import { dateOrderOf, readSpokenTime, sayTime, type SpokenTime } from '#core/bookings/spoken-time.ts';
import { AppError } from '#core/kernel/errors.ts';
import { placeOf } from '#core/dialling/place.ts';
import { wallClock, type TimeZone } from '#core/kernel/locale.ts';
import { CANCEL_SLOT, MOVE_SLOT } from '#core/tools/tool.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { as, param, type Args, type BuiltIn, type ToolContext } from './tool-scene.ts';

/** Times that callers book, cancel, move, or want to be called back at. */
export const BOOKING_TOOLS: readonly BuiltIn[] = [
  {
    definition: {
      name: 'book_slot',
      description: 'Books an appointment at a time that the caller agreed to.',
      parameters: {
        when: param('Day and time, in the words of the caller or as 2026-01-15T15:00', true),
        name: param("The caller's name", false),
        notes: param('What the appointment is about', false),
      },
      confirm: true,
    },
    plan: planBooking,
    run: book,
  },
  {
    definition: {
      name: CANCEL_SLOT,
      description: "Cancels one of the caller's own appointments.",
      parameters: { when: param('Day and time of that appointment, where the caller has several', false) },
      confirm: true,
    },
    plan: async (scene, args) => {
      const own = await ownBooking(scene, args['when']);
      return 'status' in own ? own : { would: `cancel the appointment on ${say(scene, own.at)}` };
    },
    run: cancel,
  },
  {
    definition: {
      name: MOVE_SLOT,
      description: "Moves one of the caller's own appointments to another time.",
      parameters: {
        to: param('The new day and time, in the words of the caller or as 2026-01-15T15:00', true),
        from: param('Day and time that it has now, where the caller has several', false),
      },
      confirm: true,
    },
    plan: async (scene, args) => {
      const wish = await wantedMove(scene, args);
      return 'status' in wish
        ? wish
        : { would: `move the appointment on ${say(scene, wish.own.at)} to ${say(scene, wish.to)}` };
    },
    run: move,
  },
  {
    definition: {
      name: 'take_callback',
      description: 'Notes that the caller wants to be called back.',
      parameters: { when: param('When, in the words of the caller', true), reason: param('What about', false) },
    },
    run: takeCallback,
  },
];

/** What the caller's words say, in the organization's zone. */
function readTime(scene: ToolContext, said: string, guess = false): SpokenTime {
  const { timeZone: zone, number, clock } = scene;
  const read = readSpokenTime(said, { now: clock.now(), zone, dateOrder: dateOrderOf(zone, number), guess });
  if (guess || read.at === null || !NEXT_MONTH.test(said)) return read;
  const again = `call this tool again with ${wallClock(zone, read.at).toISOString().slice(0, 16)}`;
  return {
    ...read,
    at: null,
    problem: 'not-understood',
    ask: `Ask whether ${say(scene, read.at)} is meant; if so, ${again}.`,
  };
}

/** Near the end of a month people mean different months by it: the date is repeated before anything is booked. */
const NEXT_MONTH = /\bnext month\b/i;

const say = ({ timeZone, clock }: ToolContext, at: Date) => sayTime(at, timeZone, clock.now());

const failed = (output: string): ToolOutcome => ({ status: 'failed', output });
const notUnderstood = ({ problem, ask }: SpokenTime) =>
  problem === 'past' ? ask! : `The time was not understood. ${ask}`;

function planBooking(scene: ToolContext, args: Args): Promise<{ would: string } | ToolOutcome> {
  const spoken = readTime(scene, args['when'] ?? '');
  if (spoken.at === null) return Promise.resolve(failed(notUnderstood(spoken)));
  const name = args['name'] === undefined ? '' : `, for ${args['name']}`;
  return Promise.resolve({ would: `book ${say(scene, spoken.at)}${name}` });
}

async function book(scene: ToolContext, args: Args): Promise<ToolOutcome> {
  const { personId, number } = scene;
  const spoken = readTime(scene, args['when'] ?? '');
  if (spoken.at === null) return failed(notUnderstood(spoken));
  const wanted: BookSlot = {
    at: spoken.at,
    name: args['name'] ?? null,
    number,
    notes: args['notes'] ?? null,
    personId,
    conversationId: scene.where.conversationId,
  };
  const already: ToolOutcome = { status: 'ok', output: `Booked for ${say(scene, wanted.at)} already.` };
  return orAnother(scene, wanted, 'book it', already, async () => {
    await bookSlot(scene, as(scene), wanted);
    return { status: 'ok', output: `Booked for ${say(scene, wanted.at)}.` };
  });
}

async function cancel(scene: ToolContext, args: Args): Promise<ToolOutcome> {
  const own = await ownBooking(scene, args['when']);
  if ('status' in own) return own;
  await cancelBooking(scene, as(scene), own.id);
  return { status: 'ok', output: `The appointment on ${say(scene, own.at)} is canceled.` };
}

async function move(scene: ToolContext, args: Args): Promise<ToolOutcome> {
  const wish = await wantedMove(scene, args);
  if ('status' in wish) return wish;
  const { own, to } = wish;
  const wanted = { ...own, conversationId: scene.where.conversationId, at: to };
  const already = failed('Another appointment of this caller is at that time. Ask for another one.');
  return orAnother(scene, wanted, 'move the appointment there', already, async () => {
    await moveBooking(scene, as(scene), own.id, wanted);
    return {
      status: 'ok',
      output: `The appointment on ${say(scene, own.at)} is moved to ${say(scene, to)}.`,
    };
  });
}

/**
 * If the time is booked, holds the next free one for the caller and offers it. `already`: the booking is the caller's
 * own.
 */
async function orAnother(
  scene: ToolContext,
  wanted: BookSlot,
  does: string,
  already: ToolOutcome,
  run: () => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    // Only of this talk: two calls from one number may be of two people, and each gets a time of its own.
    const isThisOne = ({ at, conversationId }: Booking) =>
      at.getTime() === wanted.at.getTime() && conversationId === wanted.conversationId;
    if ((await ownBookings(scene)).some(isThisOne)) return already;
    const free = await holdNextSlot(scene, scene.organizationId, wanted);
    return failed(
      free === null
        ? 'That time is taken. Ask for another one.'
        : `That time is taken. Free: ${say(scene, free)} (${free.toISOString()}). Offer it, and ${does} when the caller agrees.`,
    );
  }
}

function ownBookings(scene: ToolContext): Promise<readonly Booking[]> {
  const { store, organizationId, personId, number, clock, where } = scene;
  const party = { personId, number, conversationId: where.conversationId };
  return store.bookings.upcoming(organizationId, party, clock.now());
}

/** The caller's appointment in question, or the question that the agent must ask first. */
async function ownBooking(scene: ToolContext, said: string | undefined): Promise<Booking | ToolOutcome> {
  const all = await ownBookings(scene);
  if (all.length === 0) return failed('No appointment of this caller is booked.');
  const { day, time } = said === undefined ? { day: null, time: null } : readTime(scene, said);
  const meant = all.filter(({ at }) => {
    const wall = wallClock(scene.timeZone, at).toISOString();
    return (day === null || wall.startsWith(day)) && (time === null || wall.slice(11, 16) === time);
  });
  if (meant.length === 1) return meant[0]!;
  const list = all.map(({ at }) => say(scene, at)).join('; ');
  return failed(
    meant.length === 0
      ? `No appointment of this caller is at that time. Booked: ${list}. Ask which one is meant.`
      : `Several appointments are booked: ${list}. Ask which one is meant.`,
  );
}

/** Which appointment goes where; a day alone keeps its time, a time alone its day. */
async function wantedMove(scene: ToolContext, args: Args): Promise<{ own: Booking; to: Date } | ToolOutcome> {
  const own = await ownBooking(scene, args['from']);
  if ('status' in own) return own;
  const said = args['to'] ?? '';
  const wall = wallClock(scene.timeZone, own.at).toISOString();
  let spoken = readTime(scene, said);
  if (spoken.problem === 'no-time') spoken = readTime(scene, `${said} at ${wall.slice(11, 16)}`);
  else if (spoken.problem === 'no-day') spoken = readTime(scene, `${wall.slice(0, 10)} ${said}`);
  return spoken.at === null ? failed(notUnderstood(spoken)) : { own, to: spoken.at };
}

/** A person means the clock where they are. The organization's zone counts where the person's is not known for sure. */
async function zoneOfPerson({ store, organizationId, personId, number, timeZone }: ToolContext): Promise<TimeZone> {
  if (number === null) return timeZone;
  const known = personId === null ? null : await store.persons.whereabouts(organizationId, personId);
  const where = known ?? { postalCode: null, region: null, country: null, timeZone: null };
  const { zones } = placeOf({ ...where, number });
  return zones.length === 1 ? zones[0]! : timeZone;
}

async function takeCallback(scene: ToolContext, args: Args): Promise<ToolOutcome> {
  const { personId, number } = scene;
  const wanted = args['when'] ?? '';
  const there = { ...scene, timeZone: await zoneOfPerson(scene) };
  const spoken = readTime(there, wanted, true);
  // `as soon as possible` and `next week` are good enough to call back; a time that may be another one is not.
  if (spoken.at === null && !['nothing', 'no-day', 'no-time'].includes(spoken.problem!))
    return { status: 'failed', output: `Nothing is noted yet. ${notUnderstood(spoken)}` };
  await noteCallback(scene, as(scene), {
    conversationId: scene.where.conversationId,
    personId,
    number,
    wanted,
    dueAt: spoken.at,
    reason: args['reason'] ?? 'asked for on the call',
  });
  const kept = await keepPlace(scene, args['reason'] ?? '', spoken.at);
  if (kept !== null) return kept;
  return {
    status: 'ok',
    output: spoken.at === null ? 'The callback is noted.' : `The callback is noted for ${say(there, spoken.at)}.`,
  };
}

/** A caller who waits for a human agent keeps the place in line; one who leaves a message does not wait any more. */
async function keepPlace(scene: ToolContext, reason: string, at: Date | null): Promise<ToolOutcome | null> {
  const { line, number } = scene;
  if (line === null) return null;
  if (/^message\b/i.test(reason)) {
    await line.leave('message');
    return null;
  }
  const place = number === null ? null : await line.keepPlace(number, at);
  if (place === null) return null;
  const where = place.position === null ? '' : `, number ${place.position}`;
  const when = place.notBefore === null ? '' : ` They are called ${say(scene, place.notBefore)} or later.`;
  return {
    status: 'ok',
    output: `The callback is noted. The caller keeps the place in line${where}.${when}`,
    waitForHuman: false,
  };
}
