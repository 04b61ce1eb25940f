import type { Principal } from '#core/identity/principal.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { Connection } from './socket-connection.ts';

/** Errors that refuse a credential; any other means that it could not be looked up. */
const REFUSALS: ReadonlySet<AppError['code']> = new Set(['unauthenticated', 'token-expired', 'forbidden']);
const REVOKED = 'the credential is no longer valid';
const CALL_CLOSED = 'the call is no longer visible to this credential';

/** Checks again what open connections may see. A database outage takes no access away. */
export class SocketAccess {
  readonly #authenticate: (credential: string) => Promise<Principal>;
  readonly #shut: (connection: Connection, error: AppError, reason: string) => void;

  constructor(
    authenticate: (credential: string) => Promise<Principal>,
    shut: (connection: Connection, error: AppError, reason: string) => void,
  ) {
    this.#authenticate = authenticate;
    this.#shut = shut;
  }

  /** Applies reduced permissions, and closes connections with an invalid credential or a topic that is closed to it. */
  async check(connections: Iterable<Connection>): Promise<void> {
    const byCredential = Map.groupBy(connections, ({ credential, principal }) =>
      principal === null ? null : credential,
    );
    for (const [credential, group] of byCredential) {
      if (credential === null) continue;
      try {
        const principal = await this.#authenticate(credential);
        const current = group.filter((connection) => connection.credential === credential);
        for (const connection of current) connection.principal = principal;
        await this.checkTopics(current);
      } catch (error) {
        if (!(error instanceof AppError) || !REFUSALS.has(error.code)) continue;
        for (const connection of group)
          if (connection.credential === credential) this.#shut(connection, error, REVOKED);
      }
    }
  }

  /** Closes the connections whose topic is closed to them. */
  async checkTopics(connections: Iterable<Connection>): Promise<void> {
    for (const connection of connections) {
      const { principal, topic } = connection;
      if (!principal || !topic) continue;
      const isOpen = await topic.isOpenTo(principal).catch(() => true);
      if (!isOpen)
        this.#shut(connection, new AppError('forbidden', 'This call is no longer yours to see'), CALL_CLOSED);
    }
  }
}
