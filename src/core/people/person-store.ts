export interface Person {
  readonly id: number;
  readonly name: string | null;
  readonly doNotCallAt: Date | null;
}

export interface PersonStore {
  /**
   * The owner of a number. A free number is assigned to `whose` or to a new person, who is on do-not-call if
   * `suppressionHash` is known.
   */
  withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person>;
  /**
   * The person with a client id. A free id is assigned to `whose`, unless they have another one, or to a new person.
   */
  withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person>;
  byOutsideId(organizationId: number, outsideId: string): Promise<Person | null>;
  byNumber(organizationId: number, number: string): Promise<Person | null>;
  numbersOf(personId: number): Promise<readonly string[]>;
  /** Deletes a person and their numbers; the hashes in `suppress` are kept. Their calls must be erased first. */
  erase(
    personId: number,
    options: { readonly organizationId: number; readonly suppress: readonly string[]; readonly at: Date },
  ): Promise<void>;
  refuseCalls(personId: number, at: Date): Promise<void>;
}
