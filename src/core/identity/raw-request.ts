import type { AppError } from '../kernel/errors.ts';
import type { Principal } from './principal.ts';

/** A request as it came in, for what is signed over every byte of it. */
export interface RawRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** Who shows a credential; an error where it is missing (`unauthenticated`) or not good. */
  readonly caller: Principal | AppError;
  readonly showsCredential: boolean;
  /** What shows that a page of another site makes the request, or null. */
  readonly foreign: string | null;
  /** Counts the request against the limit of those that nobody has signed. @throws AppError rate-limited */
  count(): Promise<void>;
  /** Counts a call that an API key announces, for its organization. @throws AppError rate-limited */
  countAnnounced(organizationId: number): Promise<void>;
}
