import { isPhoneNumber } from '../kernel/phone-number.ts';
import type { Secrets } from '../kernel/secrets.ts';
import type { Records } from '../records.ts';
import type { Person } from './person-store.ts';
import { suppressionHash } from './erase-person.ts';
import { isWithheldNumber, numberOf } from './withheld-number.ts';

type Hasher = Pick<Secrets, 'keyedHash'>;

/** The person with this client id or number, or null. */
export async function personOf(
  records: Pick<Records, 'persons'>,
  organizationId: number,
  userId: string,
): Promise<number | null> {
  if (isWithheldNumber(userId)) return null;
  const person =
    (await records.persons.byOutsideId(organizationId, userId)) ??
    (isPhoneNumber(userId) ? await records.persons.byNumber(organizationId, userId) : null);
  return person?.id ?? null;
}

/** As `personOf`, but creates the person if unknown. `userId` must not be a withheld number. */
export async function personNamed(
  records: Pick<Records, 'persons'>,
  secrets: Hasher,
  organizationId: number,
  userId: string,
): Promise<Person> {
  const known = await records.persons.byOutsideId(organizationId, userId, true);
  if (known) return known;
  return isPhoneNumber(userId)
    ? records.persons.withNumber(organizationId, userId, suppressionHash(secrets, organizationId, userId))
    : records.persons.withOutsideId(organizationId, userId, null);
}

/** The other end of a call: the owner of the number and the person on the call, who can differ. */
export interface CallParty {
  /** The owner of the number. */
  readonly numberOwner: Person | null;
  /** The person on the call: the one named by the client, else the owner. */
  readonly person: Person | null;
  /** The client's id of the person. */
  readonly userId: string | null;
}

/** Longer ids are invalid. */
export const LONGEST_USER_ID = 200;

export async function callPartyOf(
  records: Pick<Records, 'persons'>,
  secrets: Hasher,
  organizationId: number,
  given: string | null,
  named: string | undefined,
): Promise<CallParty> {
  const name = named === undefined || named.length > LONGEST_USER_ID || isWithheldNumber(named) ? '' : named.trim();
  const number = numberOf(given);
  const userId = name || number;
  if (number === null)
    return {
      numberOwner: null,
      person: userId === null ? null : await personNamed(records, secrets, organizationId, userId),
      userId,
    };
  const { persons } = records;
  const hash = suppressionHash(secrets, organizationId, number);
  if (userId === null || userId === number) {
    const numberOwner = await persons.withNumber(organizationId, number, hash);
    return { numberOwner, person: numberOwner, userId: number };
  }
  // A free number is assigned to the person. A free client id is assigned to the number's owner, unless they have one.
  const known = isPhoneNumber(userId)
    ? await personNamed(records, secrets, organizationId, userId)
    : await persons.byOutsideId(organizationId, userId, true);
  const numberOwner = await persons.withNumber(organizationId, number, hash, known?.id);
  return {
    numberOwner,
    person: known ?? (await persons.withOutsideId(organizationId, userId, numberOwner.id)),
    userId,
  };
}
