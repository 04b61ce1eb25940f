import { bookSlot, holdNextSlot, noteCallback } from '#core/bookings/book-slot.ts';
import { type BookSlot } from '#core/bookings/booking.ts';
import { dateOrderOf, readSpokenTime, sayTime, type SpokenTime } from '#core/bookings/spoken-time.ts';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { TimeZone } from '#core/kernel/locale.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import type { Store } from '#core/records.ts';
import type { Scene } from '#core/tools/tool-store.ts';
import { DO_NOT_CALL } from '#core/tools/tool.ts';
import type { ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';

/** Where a tool is used: on one call, or in one talk in text. */
export interface ToolScene {
  readonly where: Scene;
  readonly organizationId: number;
  /** Names the talk to people and other servers: the call's sid, or `conv_7`. */
  readonly subject: string;
  /** Before every key of a decision, so that no two talks share one. */
  readonly keyPrefix: string;
  readonly personId: number | null;
  /** The person's; null where it is not known. */
  readonly number: string | null;
  readonly agent: AiAgent;
  /** The organization's. */
  readonly timeZone: TimeZone;
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  /** Whether the carrier of this call hands it over to a number. */
  readonly canTransfer: boolean;
}

type Args = Readonly<Record<string, string | undefined>>;

interface BuiltIn {
  readonly definition: ToolDefinition;
  run(scene: ToolScene, args: Args): Promise<ToolOutcome>;
}

const param = (description: string, required: boolean) => ({ description, required });

/** `end_call` is carried out by the turn machine itself, when its goodbye has been heard. */
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
      description: 'Asks for a person to take over the call.',
      parameters: { reason: param('What the caller wants', false) },
    },
    run: transferToHuman,
  },
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
    run: book,
  },
  {
    definition: {
      name: 'take_callback',
      description: 'Notes that the caller wants to be called back.',
      parameters: { when: param('When, in the words of the caller', true), reason: param('What about', false) },
    },
    run: takeCallback,
  },
  {
    definition: {
      name: DO_NOT_CALL,
      description: 'Notes that this person never wants to be called again.',
      parameters: {},
    },
    run: neverAgain,
  },
];

const as = ({ organizationId }: ToolScene) => ({ organizationId, actor: { kind: 'system', name: 'agent' } }) as const;
const talkOf = ({ where }: ToolScene) =>
  'callId' in where ? { callId: where.callId } : { callId: null, conversationId: where.conversationId };

async function transferToHuman(scene: ToolScene, args: Args): Promise<ToolOutcome> {
  const { agent, store, canTransfer, subject } = scene;
  const possible = agent.transferNumber !== null && canTransfer;
  await store.outbox.audit(as(scene), possible ? 'call.transfer' : 'call.transfer-requested', subject, {
    ...args,
    ...(possible ? { to: agent.transferNumber } : {}),
  });
  if (possible) return { status: 'ok', output: 'A colleague takes over now.', transfers: true };
  // Nobody to hand over to: the caller is told so, may wait, or be called back.
  return { status: 'ok', output: 'Nobody is free right now. Offer a callback, or to wait.', waitForHuman: true };
}

/** What the caller's words say, in the organization's zone. */
async function readTime(
  { organizationId, number, store, clock }: ToolScene,
  said: string,
  guess: boolean,
): Promise<{ spoken: SpokenTime; say: (at: Date) => string; zone: TimeZone }> {
  const { timeZone: zone } = (await store.organizations.get(organizationId))!;
  const now = clock.now();
  const spoken = readSpokenTime(said, { now, zone, dateOrder: dateOrderOf(zone, number), guess });
  return { spoken, zone, say: (at) => sayTime(at, zone, now) };
}

async function book(scene: ToolScene, args: Args): Promise<ToolOutcome> {
  const { organizationId, personId, number } = scene;
  const { spoken, say, zone } = await readTime(scene, args['when'] ?? '', false);
  if (spoken.at === null) return { status: 'failed', output: notUnderstood(spoken) };
  const wanted: BookSlot = {
    at: spoken.at,
    name: args['name'] ?? null,
    number,
    notes: args['notes'] ?? null,
    personId,
    ...talkOf(scene),
  };
  try {
    await bookSlot(scene, as(scene), wanted);
    return { status: 'ok', output: `Booked for ${say(spoken.at)}.` };
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') {
      const free = await holdNextSlot(scene, organizationId, zone, wanted);
      return {
        status: 'failed',
        output:
          free === null
            ? 'That time is taken. Ask for another one.'
            : `That time is taken. Free: ${say(free)} (${free.toISOString()}). Offer it, and book it when the caller agrees.`,
      };
    }
    throw error;
  }
}

const notUnderstood = ({ problem, ask }: SpokenTime) =>
  problem === 'past' ? ask! : `The time was not understood. ${ask}`;

async function takeCallback(scene: ToolScene, args: Args): Promise<ToolOutcome> {
  const { personId, number } = scene;
  const wanted = args['when'] ?? '';
  const { spoken, say } = await readTime(scene, wanted, true);
  // `as soon as possible` and `next week` are good enough to call back; a time that may be another one is not.
  if (spoken.at === null && !['nothing', 'no-day', 'no-time'].includes(spoken.problem!))
    return { status: 'failed', output: `Nothing is noted yet. ${notUnderstood(spoken)}` };
  await noteCallback(scene, as(scene), {
    ...talkOf(scene),
    personId,
    number,
    wanted,
    dueAt: spoken.at,
    reason: args['reason'] ?? 'asked for on the call',
  });
  return {
    status: 'ok',
    output: spoken.at === null ? 'The callback is noted.' : `The callback is noted for ${say(spoken.at)}.`,
  };
}

async function neverAgain(scene: ToolScene): Promise<ToolOutcome> {
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
