export interface Person {
  readonly id: number;
  readonly name: string | null;
  readonly doNotCallAt: Date | null;
}

export interface PersonStore {
  /** The person behind a number. Where nobody has it, it is that of `whose`, or of somebody new, who does not want calls if `suppressionHash` is known. */
  withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person>;
  /** The person whom clients call so. Where nobody is, it is `whose`, unless they are called otherwise, or somebody new. */
  withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person>;
  byOutsideId(organizationId: number, outsideId: string): Promise<Person | null>;
  byNumber(organizationId: number, number: string): Promise<Person | null>;
  numbersOf(personId: number): Promise<readonly string[]>;
  /** The person goes, and the numbers; `suppress` are hashes that stay. Their calls must have been erased before. */
  erase(
    personId: number,
    options: { readonly organizationId: number; readonly suppress: readonly string[]; readonly at: Date },
  ): Promise<void>;
  refuseCalls(personId: number, at: Date): Promise<void>;
}
