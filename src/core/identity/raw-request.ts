import type { AppError } from '../kernel/errors.ts';
import type { Principal } from './principal.ts';

/** An unparsed request, for signatures over its exact bytes. */
export interface RawRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The authenticated principal, or the error for a missing (`unauthenticated`) or invalid credential. */
  readonly principal: Principal | AppError;
  readonly showsCredential: boolean;
  /** The header that shows a cross-site request, or null. */
  readonly foreign: string | null;
  /** Counts the request against the limit for unsigned requests. @throws AppError rate-limited */
  count(): Promise<void>;
  /** Counts a call that an API key announces, for its organization. @throws AppError rate-limited */
  countAnnounced(organizationId: number): Promise<void>;
}
