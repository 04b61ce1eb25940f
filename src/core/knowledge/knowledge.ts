import { needAgent } from '../ai-agents/agents.ts';
import type { Core } from '../core.ts';
import type { StagedFile } from '../kernel/file-store.ts';
import type { Context } from '../kernel/context.ts';
import { deleteUnnamed } from '../files/delete-unnamed.ts';
import { storeFile } from '../files/store-file.ts';
import { isFirst } from '../identity/first-organization.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { fileTypeOf, type Chunk, type Document, type FileType, type Passage } from './document.ts';
import type { NewDocument } from './knowledge-store.ts';
import { searchKnowledge } from './search.ts';

export const DEFAULT_CHUNK_SIZE = 384;
export const LARGEST_DOCUMENT = 64 * 1024 * 1024;
const FETCH_MS = 20_000;
const LONGEST_NAME = 200;
const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a document comes from. */
export type DocumentSource =
  | { readonly from: 'path'; readonly path: string }
  | { readonly from: 'upload'; readonly name: string; readonly staged: StagedFile }
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'url'; readonly url: string };

export interface AddDocument {
  readonly source: DocumentSource;
  /** Left out: its file's name, or the beginning of the text. */
  readonly name: string | null;
  /** Left out: by the name's ending. */
  readonly fileType: FileType | null;
  readonly chunkSize: number;
}

/**
 * Reads a document, cuts it into chunks and keeps both, in the place of what the agent has from the same source or with
 * the same content. @throws AppError not-found (the agent), invalid-input (it cannot be had or read)
 */
export async function addDocument(core: Core, ctx: Context, agentId: number, input: AddDocument): Promise<Document> {
  await needAgent(core.store, ctx, agentId);
  const fetched = await fetchSource(core, ctx, input);
  const { staged } = fetched;
  try {
    const { name, fileType, charset } = checked(fetched);
    const key = fileKeyOf(core, ctx.organizationId, fileType);
    const { chunks, contentHash } = await core.knowledge.reader.read(
      ctx.organizationId,
      staged,
      fileType,
      input.chunkSize,
      charset,
    );
    const now = core.clock.now();
    const document = {
      organizationId: ctx.organizationId,
      agentId,
      name: name.slice(0, LONGEST_NAME),
      fileType,
      source: input.source.from,
      url: input.source.from === 'url' ? input.source.url : null,
      origin: originOf(input),
      contentHash,
      fileKey: key,
      chunkSize: input.chunkSize,
      createdAt: now,
      indexedAt: now,
    };
    const kept = await storeFile(core.files, staged, key, () => recordDocument(core, ctx, document, chunks));
    // The new document stands whether or not its forerunners' files go.
    await Promise.allSettled(kept.replaced.map(({ fileKey: old }) => deleteUnnamed(core, old)));
    return kept.document;
  } finally {
    await staged.discard();
  }
}

const fileKeyOf = (core: Core, organizationId: number, fileType: FileType) =>
  `knowledge/org_${organizationId}/${core.secrets.token()}.${fileType}`;

function recordDocument(core: Core, ctx: Context, document: NewDocument, chunks: readonly Chunk[]) {
  return core.store.transaction(async (records) => {
    const kept = await records.knowledge.put(document, chunks);
    if (core.knowledge.embedder)
      await records.outbox.job({ name: 'embed-document', data: { documentId: kept.document.id } });
    await records.outbox.audit(ctx, 'document.add', `doc_${kept.document.id}`, {
      agent: `agent_${document.agentId}`,
      chunks: chunks.length,
      replaced: kept.replaced.length,
    });
    return kept;
  });
}

/** @throws AppError not-found */
export async function listDocuments(core: Core, ctx: Context, agentId: number): Promise<readonly Document[]> {
  await needAgent(core.store, ctx, agentId);
  return core.store.knowledge.list(agentId);
}

/** @throws AppError not-found */
export async function getDocument(core: Core, ctx: Context, agentId: number, id: number): Promise<Document> {
  await needAgent(core.store, ctx, agentId);
  const document = await core.store.knowledge.find(agentId, id);
  if (!document) throw notFound('Document', `document_id: doc_${id}`);
  return document;
}

/** The passages of a document after a place, in order. @throws AppError not-found */
export async function listPassages(
  core: Core,
  ctx: Context,
  document: { readonly agentId: number; readonly id: number },
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Passage[]> {
  const { id } = await getDocument(core, ctx, document.agentId, document.id);
  return core.store.knowledge.passagesOf(id, page.after, page.limit);
}

/** What the agent finds for a question, best first. @throws AppError not-found (the agent) */
export async function tryQuestion(
  core: Core,
  ctx: Context,
  agentId: number,
  question: string,
  limit: number,
): Promise<readonly Passage[]> {
  await needAgent(core.store, ctx, agentId);
  return searchKnowledge(core, agentId, question, limit);
}

/** @throws AppError not-found */
export async function deleteDocument(core: Core, ctx: Context, agentId: number, id: number): Promise<void> {
  await getDocument(core, ctx, agentId, id);
  const deleted = await core.store.transaction(async (records) => {
    const document = await records.knowledge.delete(agentId, id);
    if (!document) throw notFound('Document', `document_id: doc_${id}`);
    await records.outbox.audit(ctx, 'document.delete', `doc_${id}`, { agent: `agent_${agentId}` });
    return document;
  });
  // Housekeeping deletes a file that the store does not delete now.
  await deleteUnnamed(core, deleted.fileKey).catch(() => undefined);
}

/**
 * Cuts a document anew, with another size of chunks where one is given; one from an address is fetched again. @throws
 * AppError not-found, invalid-input
 */
export async function reindexDocument(
  core: Core,
  ctx: Context,
  agentId: number,
  id: number,
  chunkSize: number | null,
): Promise<Document> {
  const before = await getDocument(core, ctx, agentId, id);
  const size = chunkSize ?? before.chunkSize;
  const { staged, charset } = await again(core, before);
  try {
    const { chunks, contentHash } = await core.knowledge.reader.read(
      ctx.organizationId,
      staged,
      before.fileType,
      size,
      charset,
    );
    const record = (fileKey: string) =>
      core.store.transaction(async (records) => {
        const document = await records.knowledge.reindex(id, { size, fileKey, contentHash }, chunks, core.clock.now());
        if (!document) throw notFound('Document', `document_id: doc_${id}`);
        if (core.knowledge.embedder) await records.outbox.job({ name: 'embed-document', data: { documentId: id } });
        await records.outbox.audit(ctx, 'document.reindex', `doc_${id}`, { chunks: chunks.length });
        return document;
      });
    if (before.url === null) return await record(before.fileKey);
    const key = fileKeyOf(core, ctx.organizationId, before.fileType);
    const document = await storeFile(core.files, staged, key, () => record(key));
    await deleteUnnamed(core, before.fileKey).catch(() => undefined);
    return document;
  } finally {
    await staged.discard();
  }
}

/** The content of a document once more: from its address, or a copy of what was kept. */
async function again(core: Core, document: Document): Promise<{ staged: StagedFile; charset: string | null }> {
  if (document.url !== null) {
    const { staged, contentType } = await fetchUrl(core, document.url);
    return { staged, charset: charsetOf(contentType) };
  }
  const file = await core.files.read(document.fileKey);
  if (!file) throw notFound('The file of the document', `document_id: doc_${document.id}`);
  return { staged: await core.files.stage(file.stream()), charset: null };
}

/** How a chunk reads where its document cannot be seen: with its headings. */
export function inContext({ heading, text }: Chunk): string {
  return heading === null ? text : `${heading}: ${text}`;
}

interface Fetched {
  /** The field that names the source. */
  readonly field: string;
  readonly name: string;
  readonly staged: StagedFile;
  /** Null where neither the request nor the source tells it. */
  readonly fileType: FileType | null;
  /** What the server declared. */
  readonly charset: string | null;
}

/** What a document is known by when it comes again; a text without a name by its content alone. */
function originOf({ source, name }: AddDocument): string | null {
  switch (source.from) {
    case 'path':
      return source.path;
    case 'url':
      return source.url;
    case 'upload':
      return name ?? source.name;
    case 'text':
      return name;
  }
}

async function fetchSource(core: Core, ctx: Context, { source, name, fileType }: AddDocument): Promise<Fetched> {
  switch (source.from) {
    case 'path': {
      const file = await core.knowledge.folder.read(source.path, {
        id: ctx.organizationId,
        isFirst: await isFirst(core.store, ctx.organizationId),
      });
      return {
        field: 'file_path',
        name: name ?? file.name,
        staged: await core.files.stage(file.content),
        fileType: fileType ?? fileTypeOf(file.name),
        charset: null,
      };
    }
    case 'upload':
      return {
        field: 'file',
        name: name ?? source.name,
        staged: source.staged,
        fileType: fileType ?? fileTypeOf(source.name),
        charset: null,
      };
    case 'text':
      return {
        field: 'text',
        name: name ?? source.text.trim().slice(0, 60),
        staged: await core.files.stage(one(new TextEncoder().encode(source.text))),
        fileType: fileType ?? 'txt',
        charset: 'utf-8',
      };
    case 'url': {
      const { staged, contentType } = await fetchUrl(core, source.url);
      const ending = new URL(source.url).pathname;
      return {
        field: 'url',
        name: name ?? (ending.split('/').findLast((part) => part !== '') || new URL(source.url).hostname),
        staged,
        fileType: fileType ?? fileTypeOf(ending) ?? typeOfContent(contentType),
        charset: charsetOf(contentType),
      };
    }
  }
}

function checked({ field, staged, fileType, ...rest }: Fetched): Fetched & { readonly fileType: FileType } {
  if (fileType === null) throw invalid('file_type', 'is required: the name does not tell it');
  if (staged.size === 0) throw invalid(field, 'is empty');
  if (staged.size > LARGEST_DOCUMENT) throw tooLarge(field);
  return { field, staged, fileType, ...rest };
}

const tooLarge = (field: string) => invalid(field, `is larger than ${LARGEST_DOCUMENT} bytes`, 'range');

/** Streams what an address answers to the file store. @throws AppError invalid-input, no-room */
async function fetchUrl(
  core: Core,
  url: string,
  redirects = MOST_REDIRECTS,
): Promise<{ staged: StagedFile; contentType: string }> {
  let reply;
  try {
    reply = await core.http.download(
      { url, headers: { 'user-agent': 'Trunkline', accept: '*/*' }, timeoutMs: FETCH_MS },
      (body) => core.files.stage(bounded(body)),
    );
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid('url', `could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
  // Each address is checked anew by the client whether it may be reached.
  if (REDIRECTS.has(reply.status) && reply.location !== undefined && URL.canParse(reply.location, url)) {
    if (redirects === 0) throw invalid('url', `is redirected more than ${MOST_REDIRECTS} times`);
    return fetchUrl(core, new URL(reply.location, url).href, redirects - 1);
  }
  if (reply.taken === null) throw invalid('url', `could not be fetched: it answered ${reply.status}`);
  return { staged: reply.taken, contentType: reply.contentType };
}

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST_DOCUMENT) throw tooLarge('url');
    yield chunk;
  }
}

const charsetOf = (contentType: string) => /charset\s?=\s?["']?([\w.:-]{1,40})/i.exec(contentType)?.[1] ?? null;

function typeOfContent(contentType: string): FileType | null {
  const types: readonly (readonly [RegExp, FileType])[] = [
    [/html/, 'html'],
    [/pdf/, 'pdf'],
    [/wordprocessingml/, 'docx'],
    [/csv/, 'csv'],
    [/markdown/, 'md'],
    [/text\/plain/, 'txt'],
  ];
  return types.find(([pattern]) => pattern.test(contentType))?.[1] ?? null;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
