export interface Person {
  readonly id: number;
  readonly name: string | null;
  /** When the person, or their number, went on the organization's do-not-call list. */
  readonly doNotCallAt: Date | null;
}

/** What is known of where a person is; null: not known. */
export interface PersonWhereabouts {
  readonly postalCode: string | null;
  /** A state or province. */
  readonly region: string | null;
  readonly country: string | null;
  readonly timeZone: string | null;
  /** `given` by a list or client; `remembered` from a conversation. Zones of a number or an address are not stored. */
  readonly timeZoneFrom: 'given' | 'remembered' | null;
}

export interface PersonStore {
  /**
   * The owners of numbers, by number; they are not erased before the transaction ends. A free number is assigned to
   * `whose` or to a new person, who is on do-not-call if its `suppressionHash` is known.
   */
  withNumbers(
    organizationId: number,
    numbers: readonly { readonly number: string; readonly suppressionHash: string }[],
    whose?: number,
  ): Promise<ReadonlyMap<string, Person>>;
  /** The same for one number. */
  withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person>;
  /**
   * The person with a client id, who is not erased before the transaction ends. A free id is assigned to `whose`,
   * unless they have another one, or to a new person.
   */
  withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person>;
  /** `isKept`: the person is not erased before the transaction ends. */
  byOutsideId(organizationId: number, outsideId: string, isKept?: boolean): Promise<Person | null>;
  byNumber(organizationId: number, number: string): Promise<Person | null>;
  /** Which of these numbers must not be called. */
  refusingAmong(organizationId: number, numbers: readonly string[]): Promise<ReadonlySet<string>>;
  /** The people on these calls, by call id; `outsideId`: the client's id of the person. */
  onCalls(
    callIds: readonly number[],
  ): Promise<ReadonlyMap<number, { readonly personId: number; readonly outsideId: string | null }>>;
  numbersOf(personId: number): Promise<readonly string[]>;
  /** Waits for transactions that keep the person; those to come wait for this one. False if there is no such person. */
  lock(personId: number): Promise<boolean>;
  /** Deletes a person and their numbers; the hashes in `suppress` are kept. Their calls must be erased first. */
  erase(
    personId: number,
    options: { readonly organizationId: number; readonly suppress: readonly string[]; readonly at: Date },
  ): Promise<void>;
  refuseCalls(personId: number, at: Date): Promise<void>;
  whereabouts(organizationId: number, personId: number): Promise<PersonWhereabouts | null>;
  /** By person. */
  whereaboutsOf(organizationId: number, personIds: readonly number[]): Promise<ReadonlyMap<number, PersonWhereabouts>>;
  /** As `locate`, for many people. */
  locateMany(
    organizationId: number,
    changes: readonly {
      readonly personId: number;
      readonly where: Partial<Omit<PersonWhereabouts, 'timeZoneFrom'>>;
    }[],
  ): Promise<void>;
  /** The owners of numbers that have one. */
  byNumbers(organizationId: number, numbers: readonly string[]): Promise<ReadonlyMap<string, Pick<Person, 'id'>>>;
  /** Changes the fields that are given. A `timeZone` counts as given. */
  locate(
    organizationId: number,
    personId: number,
    change: Partial<Omit<PersonWhereabouts, 'timeZoneFrom'>>,
  ): Promise<void>;
}
