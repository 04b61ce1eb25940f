import { z } from 'zod';
import { bookSlot } from '#core/bookings/book-slot.ts';
import { bookSlots } from '#core/bookings/book-slots.ts';
import type { Booking } from '#core/bookings/booking.ts';
import { freeSlots } from '#core/bookings/free-slots.ts';
import { cancelBooking } from '#core/bookings/cancel-booking.ts';
import { listSlots, slotsBetween } from '#core/bookings/list-slots.ts';
import type { Core } from '#core/core.ts';
import { getFile, keepFile, LARGEST_FILE } from '#core/files/keep-file.ts';
import type { UploadedFile } from '#core/files/uploaded-file.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { operation, procedure } from '../kit/operation.ts';
import { IdText, idOf, numberOf, timeInMilliseconds, timeInSeconds } from '../kit/codecs.ts';
import { QUERIES } from './limits.ts';
import { InstantText, ListInput, pageOf, presentSlot, SlotReply } from './words.ts';

const SlotInput = z.object({ name: z.string().trim().min(1).max(200), date: InstantText });
const BookedReply = z.object({ success: z.literal(true), slot: SlotReply, message: z.string() });

const MOST_SLOTS = 1000;
/** JSON of a file: Base64 is a third longer than its bytes, a text has escapes. */
export const LARGEST_JSON = 3 * LARGEST_FILE;

const wanted = ({ name, date }: z.output<typeof SlotInput>) => ({
  at: date,
  name,
  number: null,
  notes: null,
  personId: null,
  conversationId: null,
});

/** Books a time, also a past one; the refusal of one that is taken names the next free one. */
async function book(core: Core, ctx: Context, input: z.output<typeof SlotInput>): Promise<Booking> {
  try {
    return await bookSlot(core, ctx, wanted(input), { past: true });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const [free] = await freeSlots(core, ctx.organizationId, input.date);
    const next = free === undefined ? '' : ` The next free one is ${timeInSeconds(free)}.`;
    throw new AppError('conflict', `That time is taken.${next}`, { subject: `date: ${timeInSeconds(input.date)}` });
  }
}

const booked = (slot: Booking, time: (at: Date) => string) => ({
  success: true as const,
  slot: presentSlot(slot, time),
  message: 'Slot booked successfully',
});

export const bookSlotProcedure = procedure({
  name: 'slots.bookSlot',
  kind: 'mutation',
  summary: 'Book a time slot; an instant is booked once',
  permission: 'manage-people',
  creates: true,
  body: SlotInput,
  reply: BookedReply,
  handle: async ({ core, ctx, body }) => booked(await book(core, ctx, body), timeInMilliseconds),
});

export const bookSlotOperation = operation({
  method: 'POST',
  path: '/api/book-slot',
  summary: 'Book a time slot; an instant is booked once',
  permission: 'manage-people',
  creates: true,
  body: SlotInput,
  reply: BookedReply,
  handle: async ({ core, ctx, body }) => booked(await book(core, ctx, body), timeInSeconds),
});

const USUAL_PERIOD_MS = 31 * 86_400_000;
const Calendar = z.object({
  slots: z.array(
    SlotReply.extend({
      phone_number: z.string().nullable(),
      notes: z.string().nullable(),
      person_id: z.string().nullable(),
    }),
  ),
});

export const listSlotsOperation = operation({
  method: 'GET',
  path: '/api/slots',
  summary: 'Booked slots of a period of at most 62 days, soonest first',
  permission: 'read',
  query: z.object({
    from: InstantText.optional().describe('Without it: now'),
    to: InstantText.optional().describe('Excluded; without it 31 days after `from`'),
  }),
  reply: Calendar,
  handle: async ({ core, ctx, query }) => {
    const from = query.from ?? core.clock.now();
    const to = query.to ?? new Date(from.getTime() + USUAL_PERIOD_MS);
    return {
      slots: (await slotsBetween(core, ctx, from, to)).map((slot) => ({
        ...presentSlot(slot, timeInSeconds),
        phone_number: slot.number,
        notes: slot.notes,
        person_id: slot.personId === null ? null : idOf('person', slot.personId),
      })),
    };
  },
});

const MOST_FREE = 500;

export const freeSlotsOperation = operation({
  method: 'GET',
  path: '/api/slots/free',
  summary: 'Free half hours in the opening hours, of the two weeks after an instant',
  permission: 'read',
  query: z.object({ from: InstantText.optional().describe('Without it: now') }),
  reply: z.object({ free: z.array(z.string()) }),
  handle: async ({ core, ctx, query }) => ({
    free: (await freeSlots(core, ctx.organizationId, query.from ?? core.clock.now()))
      .slice(0, MOST_FREE)
      .map(timeInSeconds),
  }),
});

export const cancelSlotOperation = operation({
  method: 'DELETE',
  path: '/api/slots/:slot_id',
  summary: 'Cancel a booked slot, which frees its time',
  permission: 'manage-people',
  params: z.object({ slot_id: IdText }),
  reply: z.object({ success: z.literal(true), slot: SlotReply }),
  handle: async ({ core, ctx, params: { slot_id: id } }) => ({
    success: true as const,
    slot: presentSlot(await cancelBooking(core, ctx, numberOf('slot', id, 'Slot', 'slot_id')), timeInSeconds),
  }),
});

export const getAllSlots = procedure({
  name: 'slots.getAllSlots',
  kind: 'query',
  summary: 'Get all booked slots: the latest 1000, in order',
  permission: 'read',
  limit: QUERIES,
  body: ListInput,
  reply: z.array(SlotReply),
  handle: async ({ core, ctx, body }) =>
    (await listSlots(core, ctx, pageOf(body))).map((slot) => presentSlot(slot, timeInMilliseconds)),
});

export const bulkInsertSlots = procedure({
  name: 'slots.bulkInsertSlots',
  kind: 'mutation',
  summary: 'Insert several slots; times that are taken are left out',
  permission: 'manage-people',
  creates: true,
  body: z.object({ slots: z.array(SlotInput).max(MOST_SLOTS) }),
  reply: z.object({
    success: z.literal(true),
    count: z.int(),
    skipped: z.array(z.object({ name: z.string(), date: z.string(), reason: z.string() })),
  }),
  handle: async ({ core, ctx, body: { slots } }) => {
    const made = await bookSlots(core, ctx, slots.map(wanted));
    return {
      success: true as const,
      count: made.filter((one) => one !== null).length,
      skipped: slots.flatMap(({ name, date }, index) =>
        made[index] ? [] : [{ name, date: timeInMilliseconds(date), reason: 'That time is taken' }],
      ),
    };
  },
});

const FileReply = z.object({ id: z.int(), name: z.string(), content: z.string(), createdAt: z.string() });
const presentFile = (file: UploadedFile): z.input<typeof FileReply> => ({
  id: file.id,
  name: file.name,
  content: file.content,
  createdAt: timeInMilliseconds(file.createdAt),
});

export const uploadFile = procedure({
  name: 'slots.uploadFile',
  kind: 'mutation',
  summary: 'Upload a file of at most 5 MB to the system',
  permission: 'manage-people',
  creates: true,
  largestBody: LARGEST_JSON,
  body: z.object({ name: z.string().trim().min(1).max(255), content: z.string().max(LARGEST_JSON) }),
  reply: z.object({ success: z.literal(true), file: FileReply }),
  handle: async ({ core, ctx, body }) => ({
    success: true as const,
    file: presentFile(await keepFile(core, ctx, body)),
  }),
});

export const getFileProcedure = procedure({
  name: 'slots.getFile',
  kind: 'query',
  summary: 'Get an uploaded file (an addition)',
  permission: 'read',
  limit: QUERIES,
  body: z.object({ id: z.int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  reply: FileReply,
  handle: async ({ core, ctx, body }) => presentFile(await getFile(core, ctx, body.id)),
});
