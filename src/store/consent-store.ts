import { sql, type Kysely, type Selectable } from 'kysely';
import type { Consent, NewConsent } from '#core/people/consent.ts';
import type { ConsentStore } from '#core/people/consent-store.ts';
import type { Database } from './schema.ts';

export class PostgresConsentStore implements ConsentStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, consent: NewConsent): Promise<Consent> {
    const row = await this.#db
      .insertInto('consents')
      .values(rowOf(organizationId, consent))
      .returningAll()
      .executeTakeFirstOrThrow();
    return toConsent(row);
  }

  async insertMany(organizationId: number, consents: readonly NewConsent[]): Promise<void> {
    if (consents.length === 0) return;
    await this.#db
      .insertInto('consents')
      .values(consents.map((one) => rowOf(organizationId, one)))
      .execute();
  }

  async latestOf(personIds: readonly number[]): ReturnType<ConsentStore['latestOf']> {
    if (personIds.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('consents')
      .distinctOn('person_id')
      .select(['person_id', 'given', 'revoked_at'])
      .where('person_id', '=', sql<number>`any(${[...personIds]}::bigint[])`)
      .orderBy('person_id')
      .orderBy('id', 'desc')
      .execute();
    return new Map(rows.map((row) => [row.person_id!, { given: row.given, revokedAt: row.revoked_at }]));
  }

  async of(organizationId: number, personId: number): Promise<readonly Consent[]> {
    const rows = await this.#db
      .selectFrom('consents')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('person_id', '=', personId)
      .orderBy('id', 'desc')
      .execute();
    return rows.map(toConsent);
  }

  async revoke(organizationId: number, personId: number, how: string, at: Date): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('consents')
      .set({ revoked_at: at, revoked_how: how })
      .where('organization_id', '=', organizationId)
      .where('person_id', '=', personId)
      .where('given', '=', true)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async use(personId: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('consents')
      .set({ last_used_at: at })
      .where('id', '=', (eb) =>
        eb.selectFrom('consents').select('id').where('person_id', '=', personId).orderBy('id', 'desc').limit(1),
      )
      .where('given', '=', true)
      .where('revoked_at', 'is', null)
      .execute();
  }

  async erase(personId: number, numberHash: string): Promise<void> {
    await this.#db
      .updateTable('consents')
      .set({
        person_id: null,
        number_hash: numberHash,
        source: 'erased',
        wording: null,
        purpose: null,
        evidence: null,
        revoked_how: null,
      })
      .where('person_id', '=', personId)
      .execute();
  }
}

const toConsent = (row: Selectable<Database['consents']>): Consent => ({
  id: row.id,
  personId: row.person_id!,
  given: row.given,
  source: row.source,
  wording: row.wording,
  purpose: row.purpose,
  evidence: row.evidence,
  at: row.at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
  revokedHow: row.revoked_how,
});

const rowOf = (organizationId: number, consent: NewConsent) => ({
  organization_id: organizationId,
  person_id: consent.personId,
  given: consent.given,
  source: consent.source,
  wording: consent.wording,
  purpose: consent.purpose,
  evidence: consent.evidence,
  at: consent.at,
});
