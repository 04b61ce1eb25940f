import type { CallStatus, Direction } from '../calls/call.ts';

/** A person in a list. */
export interface ListedPerson {
  readonly id: number;
  readonly name: string | null;
  readonly numbers: readonly string[];
  /** The clients' ids of the person. */
  readonly outsideIds: readonly string[];
  readonly language: string | null;
  readonly timeZone: string | null;
  readonly doNotCallAt: Date | null;
  readonly createdAt: Date;
}

export interface PersonCall {
  readonly id: number;
  readonly sid: string;
  readonly direction: Direction;
  readonly status: CallStatus;
  readonly agentId: number;
  readonly placedAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
}

/** Reads people for pages about them. */
export interface PersonDirectory {
  /**
   * Newest first; with `search`, people with a word of their name, a number or a client's id that begins with it.
   * `before`: only people with a smaller id.
   */
  list(
    organizationId: number,
    options: { readonly search: string | null; readonly before: number | null; readonly limit: number },
  ): Promise<readonly ListedPerson[]>;
  find(organizationId: number, id: number): Promise<ListedPerson | null>;
  /** Newest first. */
  calls(personId: number, limit: number): Promise<readonly PersonCall[]>;
}
