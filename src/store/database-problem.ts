import pg from 'pg';
import { AppError, RecordsUnavailable } from '#core/kernel/errors.ts';

/**
 * Why a server could not begin on the database of DATABASE_URL, as one line with its remedy and without the password.
 */
export function databaseProblem(error: unknown, connectionString: string): Error {
  const cause = error instanceof RecordsUnavailable ? error.cause : error;
  const { code, message } = cause as { code?: string; message: string };
  // An error of our own says it already.
  if (cause === error && (code === undefined || error instanceof AppError))
    return error instanceof Error ? error : new Error(String(error));
  const target = new pg.Client({ connectionString });
  const host = target.host.startsWith('/') ? target.host : `${target.host}:${target.port}`;
  const names = { at: `The database at ${host}`, user: target.user ?? '', database: target.database ?? '' };
  const explained = EXPLANATIONS.find(([codes]) => codes.test(code ?? message));
  return new Error(
    explained ? explained[1](names, message) : `${names.at} cannot be used (DATABASE_URL): ${oneLine(message)}`,
    { cause },
  );
}

interface Names {
  readonly at: string;
  readonly user: string;
  readonly database: string;
}

const EMBEDDED = 'unset DATABASE_URL to use the embedded one.';

/** By SQLSTATE, by the system's code, or by the driver's words where it has no code. */
const EXPLANATIONS: readonly (readonly [RegExp, (names: Names, message: string) => string])[] = [
  [/^ECONNREFUSED$/, ({ at }) => `${at} refuses connections (DATABASE_URL). Start Postgres there or ${EMBEDDED}`],
  [
    /^(?:ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/,
    ({ at }) => `${at} is at a host that DNS does not know (DATABASE_URL). Correct the host or ${EMBEDDED}`,
  ],
  [
    /^(?:ENOENT|EACCES)$/,
    ({ at }) => `${at} has no socket there that this user may open (DATABASE_URL). Start Postgres there or ${EMBEDDED}`,
  ],
  [
    /^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$|timeout/i,
    ({ at }) => `${at} does not answer (DATABASE_URL). Check host, port and firewall, or ${EMBEDDED}`,
  ],
  [
    /^(?:28P01|28000)$|^SASL|password/i,
    ({ at, user }) =>
      `${at} refuses the user ${user} (DATABASE_URL). Correct user or password, or allow the user in pg_hba.conf.`,
  ],
  [/^3D000$/, ({ at, database }) => `${at} has no database ${database} (DATABASE_URL). Create it or correct the name.`],
  [
    /^42501$/,
    ({ at, user, database }, message) =>
      `${at} does not let the user ${user} set up the database ${database} (DATABASE_URL): ${oneLine(message)}. Grant the user CREATE on the database and its schema public.`,
  ],
  [/^25006$/, ({ at }) => `${at} is read-only (DATABASE_URL). Use the primary server.`],
  [
    /^53300$/,
    ({ at }) => `${at} has no connection left (DATABASE_URL). Raise its max_connections or close other clients.`,
  ],
  [
    /^57P03$/,
    ({ at }, message) => `${at} is not ready (DATABASE_URL): ${oneLine(message)}. Start Trunkline again in a moment.`,
  ],
  [
    /SSL|TLS|CERT|self.signed/i,
    ({ at }, message) =>
      `${at} cannot be reached over TLS (DATABASE_URL): ${oneLine(message)}. Set sslmode in DATABASE_URL.`,
  ],
  [
    /^(?:ECONNRESET|EPIPE)$|^Connection terminated|socket hang up/,
    ({ at }) =>
      `${at} closes the connection (DATABASE_URL). Check that a Postgres server listens there, and whether it wants TLS (sslmode).`,
  ],
];

const oneLine = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
