/** Without a heartbeat for this long, a server has lost contact. */
export const CONTACT_GAP_MS = 4000;
/** After a start, other servers get one lease to show that they run their calls. */
const AFTER_START_MS = 12_000;
/** After an outage they get longer: some may reach the database later than we do. */
const AFTER_OUTAGE_MS = 60_000;

/** Writes this server's heartbeat by the database's clock. A write, so that it fails if calls cannot be recorded. */
export function heartbeat(serverId: string): { text: string; values: unknown[] } {
  return {
    text: `insert into servers (id, beat_at, may_reap_at)
      values ($1, clock_timestamp(), clock_timestamp() + make_interval(secs => $2))
      on conflict (id) do update set beat_at = excluded.beat_at, may_reap_at = case
        when servers.beat_at < excluded.beat_at - make_interval(secs => $3)
        then excluded.beat_at + make_interval(secs => $4) else servers.may_reap_at end`,
    values: [serverId, AFTER_START_MS / 1000, CONTACT_GAP_MS / 1000, AFTER_OUTAGE_MS / 1000],
  };
}
