import { sql, type Kysely, type Selectable } from 'kysely';
import type { Gender, VendorVoice, Voice, VoiceStatus } from '#core/voices/voice.ts';
import type { NewClone, VoiceFilter, VoiceStore } from '#core/voices/voice-store.ts';
import type { Database } from './schema.ts';
import { countAll } from './sql.ts';

const MOST = 1000;

export class PostgresVoiceStore implements VoiceStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async offer(provider: string, voices: readonly VendorVoice[], at: Date): Promise<void> {
    // Known and unchanged voices are not written; those of an organization belong to it.
    await sql`
      with offered as (
        select distinct on (vendor_id) *
        from jsonb_to_recordset(${JSON.stringify(voices.map(toOffered))}::jsonb) as o(vendor_id text,
          name text, language text, gender text, category text, description text, sample_url text)),
      hidden as (
        update voices set offered = false
        where provider = ${provider} and organization_id is null and offered
          and vendor_id not in (select vendor_id from offered))
      insert into voices (provider, vendor_id, name, language, gender, category, description, sample_url, status,
        created_at)
      select ${provider}, o.*, 'ready', ${at} from offered o
      order by o.vendor_id
      on conflict (provider, vendor_id) do update set name = excluded.name, language = excluded.language,
        gender = excluded.gender, category = excluded.category, description = excluded.description,
        sample_url = excluded.sample_url, offered = true
      where voices.organization_id is null
        and (voices.name, voices.language, voices.gender, voices.category, voices.description, voices.sample_url,
            voices.offered)
          is distinct from (excluded.name, excluded.language, excluded.gender, excluded.category,
            excluded.description, excluded.sample_url, true)`.execute(this.#db);
  }

  async list(organizationId: number, providers: readonly string[], filter: VoiceFilter): Promise<readonly Voice[]> {
    if (providers.length === 0) return [];
    const { provider, language, gender, category } = filter;
    let query = this.#db
      .selectFrom('voices')
      .selectAll()
      .where((eb) => eb.or([eb('organization_id', 'is', null), eb('organization_id', '=', organizationId)]))
      .where('provider', 'in', [...providers])
      .where('offered', '=', true);
    if (provider !== undefined) query = query.where('provider', '=', provider);
    if (gender !== undefined) query = query.where('gender', '=', gender);
    if (category !== undefined) query = query.where('category', '=', category);
    if (language !== undefined) {
      const wanted = language.toLowerCase();
      query = query.where((eb) =>
        eb.or([
          eb(eb.fn('lower', ['language']), '=', wanted),
          eb(eb.fn('starts_with', [eb.fn('lower', ['language']), eb.val(`${wanted}-`)]), '=', true),
        ]),
      );
    }
    return (await query.orderBy('id').limit(MOST).execute()).map(toVoice);
  }

  async find(organizationId: number, id: number): Promise<Voice | null> {
    const voice = await this.byId(id);
    return voice && (voice.organizationId ?? organizationId) === organizationId ? voice : null;
  }

  async byId(id: number): Promise<Voice | null> {
    const row = await this.#db.selectFrom('voices').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toVoice(row) : null;
  }

  async insertClone(clone: NewClone, at: Date): Promise<Voice> {
    const row = await this.#db
      .insertInto('voices')
      .values({
        organization_id: clone.organizationId,
        provider: clone.provider,
        name: clone.name,
        description: clone.description,
        category: 'cloned',
        status: 'training',
        source_key: clone.sourceKey,
        source_name: clone.sourceName,
        created_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toVoice(row);
  }

  async countClones(organizationId: number): Promise<number> {
    return countAll(this.#db.selectFrom('voices').where('organization_id', '=', organizationId));
  }

  async tried(id: number): Promise<void> {
    await this.#db
      .updateTable('voices')
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  async made(id: number, vendorId: string): Promise<void> {
    await this.#db.updateTable('voices').set({ vendor_id: vendorId }).where('id', '=', id).execute();
  }

  async settle(id: number, status: Exclude<VoiceStatus, 'training'>, failure: string | null): Promise<void> {
    await this.#db
      .updateTable('voices')
      .set({ status, failure, source_key: null })
      .where('id', '=', id)
      .where('status', '=', 'training')
      .execute();
  }
}

const toOffered = (voice: VendorVoice) => ({
  vendor_id: voice.vendorId,
  name: voice.name,
  language: voice.language,
  gender: voice.gender,
  category: voice.category,
  description: voice.description,
  sample_url: voice.sampleUrl,
});

const toVoice = (row: Selectable<Database['voices']>): Voice => ({
  id: row.id,
  organizationId: row.organization_id,
  provider: row.provider,
  vendorId: row.vendor_id,
  name: row.name,
  language: row.language,
  gender: row.gender as Gender | null,
  category: row.category,
  description: row.description,
  sampleUrl: row.sample_url,
  status: row.status as VoiceStatus,
  failure: row.failure,
  sourceKey: row.source_key,
  sourceName: row.source_name,
  attempts: row.attempts,
  createdAt: row.created_at,
});
