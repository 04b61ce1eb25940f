/** Who takes part in a call. The person is the one party that the call is for; on hold, they hear the `hold-music`. */
export type ParticipantRole = 'person' | 'ai-agent' | 'human-agent' | 'supervisor' | 'colleague' | 'hold-music';

/**
 * How a participant takes part. `talk`: hears and is heard by all who talk. `listen`: hears them and is heard by no
 * one. `whisper`: hears them and is heard by one of them. `aside`: two participants hear each other only. `hold`: hears
 * no one and is heard by no one.
 */
export type Part =
  | { readonly kind: 'talk' | 'listen' | 'hold' }
  | { readonly kind: 'whisper' | 'aside'; readonly with: string };

export interface Attendee {
  readonly id: string;
  readonly role: ParticipantRole;
  readonly part: Part;
  /** Heard by no one, whatever the part. */
  readonly muted: boolean;
}

/** All participants of one call; the matrix of who hears whom follows from it. */
export type Attendance = readonly Attendee[];

/** Whether `listener` hears `speaker`. */
export function hears(listener: Attendee, speaker: Attendee): boolean {
  if (speaker.role === 'hold-music') return listener.role === 'person' && listener.part.kind === 'hold';
  if (listener.id === speaker.id || speaker.muted || listener.part.kind === 'hold') return false;
  switch (speaker.part.kind) {
    case 'hold':
    case 'listen':
      return false;
    case 'whisper':
      return speaker.part.with === listener.id;
    case 'aside':
      return speaker.part.with === listener.id || isMonitor(listener);
    case 'talk':
      return listener.part.kind !== 'aside';
  }
}

/** A supervisor who listens or whispers also hears what two participants say aside. */
const isMonitor = ({ role, part }: Attendee): boolean =>
  role === 'supervisor' && (part.kind === 'listen' || part.kind === 'whisper');

/** The person and the AI agent who hear each other, and no one else: their audio needs no mixing. */
export function isPlainPair(all: Attendance): boolean {
  const [one, other] = all;
  return (
    all.length === 2 &&
    all.some(({ role }) => role === 'person') &&
    all.some(({ role }) => role === 'ai-agent') &&
    hears(one!, other!) &&
    hears(other!, one!)
  );
}

/** The part that a participant has on joining: only the person and the AI agent are heard at once. */
const FIRST_PARTS: Readonly<Record<ParticipantRole, Part>> = {
  person: { kind: 'talk' },
  'ai-agent': { kind: 'talk' },
  'human-agent': { kind: 'hold' },
  supervisor: { kind: 'listen' },
  colleague: { kind: 'hold' },
  'hold-music': { kind: 'hold' },
};

/** @throws Error if the participant is there already */
export function join(all: Attendance, id: string, role: ParticipantRole): Attendance {
  if (all.some((one) => one.id === id)) throw new Error(`Participant ${id} has joined the call already`);
  return [...all, { id, role, part: FIRST_PARTS[role], muted: false }];
}

/** A whisper to a participant who leaves becomes silent listening; the other one of an aside talks with all. */
export function leave(all: Attendance, id: string): Attendance {
  return all
    .filter((one) => one.id !== id)
    .map((one) => {
      if (!('with' in one.part) || one.part.with !== id) return one;
      return { ...one, part: { kind: one.part.kind === 'whisper' ? 'listen' : 'talk' } };
    });
}

export const hold = (all: Attendance, id: string): Attendance => takePart(all, id, { kind: 'hold' });

/** Joins the common talk, from any other part. */
export const talk = (all: Attendance, id: string): Attendance => takePart(all, id, { kind: 'talk' });

/** @throws Error for the person, who cannot listen in on their own call */
export const listen = (all: Attendance, id: string): Attendance =>
  takePart(all, ourSide(all, id).id, { kind: 'listen' });

export const mute = (all: Attendance, id: string): Attendance => changed(all, id, { muted: true });

export const unmute = (all: Attendance, id: string): Attendance => changed(all, id, { muted: false });

/** `id` hears the talk and speaks to `to` alone. @throws Error if either of them is the person */
export function whisper(all: Attendance, id: string, to: string): Attendance {
  return takePart(all, ourSide(all, id).id, { kind: 'whisper', with: another(all, id, to) });
}

/** Two of our side speak apart from everyone else. @throws Error if either of them is the person */
export function brief(all: Attendance, id: string, to: string): Attendance {
  const other = another(all, id, to);
  return takePart(takePart(all, ourSide(all, id).id, { kind: 'aside', with: other }), other, {
    kind: 'aside',
    with: id,
  });
}

/** Both return to the common talk. */
export function endBriefing(all: Attendance, id: string): Attendance {
  const { part } = attendee(all, id);
  return part.kind === 'aside' ? talk(all, id) : all;
}

/**
 * `id` takes the conversation with the person, who is taken off hold; who talked for us before stays as a listener. The
 * AI agent takes it back in the same way. @throws Error for the person
 */
export function takeOver(all: Attendance, id: string): Attendance {
  const taker = ourSide(all, id).id;
  return all.reduce<Attendance>(
    (now, one) => {
      if (one.id === taker) return unmute(talk(now, taker), taker);
      if (one.role === 'person') return talk(now, one.id);
      return attendee(now, one.id).part.kind === 'talk' ? listen(now, one.id) : now;
    },
    endBriefing(all, taker),
  );
}

function attendee(all: Attendance, id: string): Attendee {
  const found = all.find((one) => one.id === id);
  if (!found) throw new Error(`Participant ${id} is not on the call`);
  return found;
}

function ourSide(all: Attendance, id: string): Attendee {
  const found = attendee(all, id);
  if (found.role === 'person') throw new Error(`Participant ${id} is the person, not one of our side`);
  return found;
}

function another(all: Attendance, id: string, other: string): string {
  if (id === other) throw new Error(`Participant ${id} cannot speak apart with itself`);
  return ourSide(all, other).id;
}

/** A participant who leaves an aside ends it for the other one too. */
function takePart(all: Attendance, id: string, part: Part): Attendance {
  const before = attendee(all, id).part;
  const partner = before.kind === 'aside' && !(part.kind === 'aside' && part.with === before.with) ? before.with : null;
  return all.map((one) => {
    if (one.id === id) return { ...one, part };
    return one.id === partner ? { ...one, part: { kind: 'talk' } } : one;
  });
}

function changed(all: Attendance, id: string, change: Pick<Attendee, 'muted'>): Attendance {
  attendee(all, id);
  return all.map((one) => (one.id === id ? { ...one, ...change } : one));
}
