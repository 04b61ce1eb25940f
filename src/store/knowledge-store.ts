import { sql, type Kysely, type Selectable } from 'kysely';
import type { Chunk, Document, Passage } from '#core/knowledge/document.ts';
import type { ChunkRef, KnowledgeStore, NewDocument } from '#core/knowledge/knowledge-store.ts';
import { searchable } from '#core/kernel/text/plain-letters.ts';
import type { Database } from './schema.ts';

/** Rows per statement; more would block the event loop for too long. */
const ROWS_AT_ONCE = 50;
const LONGEST_QUESTION = 2000;

export class PostgresKnowledgeStore implements KnowledgeStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async put(document: NewDocument, chunks: readonly Chunk[]) {
    // One at a time of an agent, so that the same document sent twice at once is kept once.
    await this.#db.selectFrom('ai_agents').select('id').where('id', '=', document.agentId).forNoKeyUpdate().execute();
    const same = await this.#db
      .selectFrom('documents')
      .selectAll()
      .where('agent_id', '=', document.agentId)
      .where((eb) =>
        eb.or([
          eb('content_hash', '=', document.contentHash),
          eb.and([eb('source', '=', document.source), eb('origin', '=', document.origin)]),
        ]),
      )
      .orderBy('id')
      .execute();
    const values = {
      organization_id: document.organizationId,
      agent_id: document.agentId,
      name: document.name,
      file_type: document.fileType,
      source: document.source,
      url: document.url,
      origin: document.origin,
      content_hash: document.contentHash,
      file_key: document.fileKey,
      chunk_size: document.chunkSize,
      chunks: chunks.length,
      created_at: document.createdAt,
      indexed_at: document.indexedAt,
    };
    const [first, ...others] = same;
    if (others.length > 0)
      await this.#db
        .deleteFrom('documents')
        .where(
          'id',
          'in',
          others.map(({ id }) => id),
        )
        .execute();
    if (first) await this.#db.deleteFrom('document_chunks').where('document_id', '=', first.id).execute();
    const row = first
      ? await this.#db
          .updateTable('documents')
          .set({ ...values, created_at: first.created_at })
          .where('id', '=', first.id)
          .returningAll()
          .executeTakeFirstOrThrow()
      : await this.#db.insertInto('documents').values(values).returningAll().executeTakeFirstOrThrow();
    await this.#insertChunks(row.id, chunks);
    return { document: toDocument(row), replaced: same.map(toDocument) };
  }

  async find(agentId: number, id: number): Promise<Document | null> {
    const row = await this.#db
      .selectFrom('documents')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toDocument(row) : null;
  }

  async byId(id: number): Promise<Document | null> {
    const row = await this.#db.selectFrom('documents').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toDocument(row) : null;
  }

  async list(agentId: number): Promise<readonly Document[]> {
    return (
      await this.#db.selectFrom('documents').selectAll().where('agent_id', '=', agentId).orderBy('id').execute()
    ).map(toDocument);
  }

  async passagesOf(documentId: number, after: number, limit: number): Promise<readonly Passage[]> {
    const { rows } = await sql<PassageRow>`
      select c.document_id, c.seq, d.name, c.heading, c.body
      from document_chunks c join documents d on d.id = c.document_id
      where c.document_id = ${documentId} and c.seq > ${after}
      order by c.seq
      limit ${limit}`.execute(this.#db);
    return rows.map(toPassage);
  }

  async firstPassages(agentId: number, limit: number): Promise<readonly Passage[]> {
    const { rows } = await sql<PassageRow>`
      select c.document_id, c.seq, d.name, c.heading, c.body
      from (select id, name from documents where agent_id = ${agentId} order by id limit ${limit}) d
      join document_chunks c on c.document_id = d.id
      where c.seq < ${limit}
      order by c.document_id, c.seq
      limit ${limit}`.execute(this.#db);
    return rows.map(toPassage);
  }

  async hasDocuments(agentId: number): Promise<boolean> {
    return (
      (await this.#db
        .selectFrom('documents')
        .select('id')
        .where('agent_id', '=', agentId)
        .limit(1)
        .executeTakeFirst()) !== undefined
    );
  }

  async countBases(): Promise<number> {
    const { n } = await this.#db
      .selectFrom('documents')
      .select(sql<number>`count(distinct agent_id)`.as('n'))
      .executeTakeFirstOrThrow();
    return n;
  }

  async delete(agentId: number, id: number): Promise<Document | null> {
    const row = await this.#db
      .deleteFrom('documents')
      .where('agent_id', '=', agentId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    return row ? toDocument(row) : null;
  }

  async reindex(
    id: number,
    { size, fileKey, contentHash }: Parameters<KnowledgeStore['reindex']>[1],
    chunks: readonly Chunk[],
    at: Date,
  ): Promise<Document | null> {
    const row = await this.#db
      .updateTable('documents')
      .set({ chunk_size: size, chunks: chunks.length, file_key: fileKey, content_hash: contentHash, indexed_at: at })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await this.#db.deleteFrom('document_chunks').where('document_id', '=', id).execute();
    await this.#insertChunks(id, chunks);
    return toDocument(row);
  }

  async byWords(agentId: number, question: string, limit: number): Promise<readonly Passage[]> {
    // Any of the words; who has more of them, and rarer ones nearer each other, comes first.
    const { rows } = await sql<PassageRow>`
      with asked as (select replace(plainto_tsquery('english', ${searchable(question.slice(0, LONGEST_QUESTION))})::text, '&', '|')::tsquery as any_word)
      select c.document_id, c.seq, d.name, c.heading, c.body
      from asked, documents d join document_chunks c on c.document_id = d.id
      where d.agent_id = ${agentId} and c.words @@ asked.any_word
      order by ts_rank(c.words, asked.any_word, 1) desc, c.document_id, c.seq
      limit ${limit}`.execute(this.#db);
    return rows.map(toPassage);
  }

  async passages(refs: readonly ChunkRef[]): Promise<readonly Passage[]> {
    if (refs.length === 0) return [];
    const { rows } = await sql<PassageRow>`
      select c.document_id, c.seq, d.name, c.heading, c.body
      from json_to_recordset(${JSON.stringify(refs.map(({ documentId, seq }) => ({ document_id: documentId, seq })))}::json) as wanted(document_id bigint, seq integer)
      join document_chunks c using (document_id, seq) join documents d on d.id = c.document_id`.execute(this.#db);
    return rows.map(toPassage);
  }

  async toEmbed(documentId: number, embedder: string, limit: number) {
    const rows = await this.#db
      .selectFrom('document_chunks')
      .select(['seq', 'heading', 'body'])
      .where('document_id', '=', documentId)
      .where((eb) => eb.or([eb('embedding', 'is', null), eb('embedded_by', '<>', embedder)]))
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(({ seq, heading, body }) => ({ seq, heading, text: body }));
  }

  async setEmbeddings(
    documentId: number,
    embedder: string,
    embeddings: readonly { seq: number; vector: Float32Array }[],
  ): Promise<void> {
    for (const { seq, vector } of embeddings) {
      await this.#db
        .updateTable('document_chunks')
        .set({ embedding: Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength), embedded_by: embedder })
        .where('document_id', '=', documentId)
        .where('seq', '=', seq)
        .execute();
    }
  }

  async embeddingsVersion(agentId: number, embedder: string): Promise<string> {
    const { rows } = await sql<{ version: string }>`
      select count(*) || ':' || coalesce(max(d.id), 0) || ':' || coalesce(max(d.indexed_at)::text, '') as version
      from documents d join document_chunks c on c.document_id = d.id where d.agent_id = ${agentId} and c.embedded_by = ${embedder}`.execute(
      this.#db,
    );
    return rows[0]!.version;
  }

  async embeddings(agentId: number, embedder: string): Promise<readonly (ChunkRef & { vector: Uint8Array })[]> {
    const rows = await this.#db
      .selectFrom('document_chunks as c')
      .innerJoin('documents as d', 'd.id', 'c.document_id')
      .select(['c.document_id', 'c.seq', 'c.embedding'])
      .where('d.agent_id', '=', agentId)
      .where('c.embedded_by', '=', embedder)
      .execute();
    return rows.map(({ document_id, seq, embedding }) => ({ documentId: document_id, seq, vector: embedding! }));
  }

  async #insertChunks(documentId: number, chunks: readonly Chunk[]): Promise<void> {
    for (let from = 0; from < chunks.length; from += ROWS_AT_ONCE) {
      await this.#db
        .insertInto('document_chunks')
        .values(
          chunks.slice(from, from + ROWS_AT_ONCE).map(({ heading, text }, i) => ({
            document_id: documentId,
            seq: from + i,
            heading,
            body: text,
            searched: searchable(`${heading ?? ''} ${text}`),
          })),
        )
        .execute();
    }
  }
}

interface PassageRow {
  readonly document_id: number;
  readonly seq: number;
  readonly name: string;
  readonly heading: string | null;
  readonly body: string;
}

const toPassage = (row: PassageRow): Passage => ({
  documentId: row.document_id,
  seq: row.seq,
  document: row.name,
  heading: row.heading,
  text: row.body,
});

function toDocument(row: Selectable<Database['documents']>): Document {
  return {
    id: row.id,
    organizationId: row.organization_id,
    agentId: row.agent_id,
    name: row.name,
    fileType: row.file_type as Document['fileType'],
    source: row.source as Document['source'],
    url: row.url,
    origin: row.origin,
    contentHash: row.content_hash,
    fileKey: row.file_key,
    chunkSize: row.chunk_size,
    chunks: row.chunks,
    createdAt: row.created_at,
    indexedAt: row.indexed_at,
  };
}
