import { needAgent } from '../ai-agents/agents.ts';
import type { Core } from '../core.ts';
import type { StagedFile } from '../kernel/file-store.ts';
import type { Context } from '../kernel/context.ts';
import { isFirst } from '../identity/first-organization.ts';
import { invalid, notFound } from '../kernel/errors.ts';
import { fileTypeOf, type Chunk, type Document, type FileType } from './document.ts';

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

/** Reads a document, cuts it into chunks and keeps both, in the place of what the agent has from the same source or with the same content. @throws AppError not-found (the agent), invalid-input (it cannot be had or read) */
export async function addDocument(core: Core, ctx: Context, agentId: number, input: AddDocument): Promise<Document> {
  await needAgent(core.store, ctx, agentId);
  const { name, content, fileType, charset } = await fetchSource(core, ctx, input);
  const staged = content instanceof Uint8Array ? await core.files.stage(one(content)) : content;
  const fileKey = `knowledge/org_${ctx.organizationId}/${core.secrets.token()}.${fileType}`;
  try {
    const { chunks, contentHash } = await core.knowledge.reader.read(
      ctx.organizationId,
      staged,
      fileType,
      input.chunkSize,
      charset,
    );
    const { document, replaced } = await core.store.transaction(async (records) => {
      const now = core.clock.now();
      const kept = await records.knowledge.put(
        {
          organizationId: ctx.organizationId,
          agentId,
          name: name.slice(0, LONGEST_NAME),
          fileType,
          source: input.source.from,
          url: input.source.from === 'url' ? input.source.url : null,
          origin: originOf(input),
          contentHash,
          fileKey,
          chunkSize: input.chunkSize,
          createdAt: now,
          indexedAt: now,
        },
        chunks,
      );
      if (core.knowledge.embedder)
        await records.outbox.job({ name: 'embed-document', data: { documentId: kept.document.id } });
      await records.outbox.audit(ctx, 'document.add', `doc_${kept.document.id}`, {
        agent: `agent_${agentId}`,
        chunks: chunks.length,
        replaced: kept.replaced.length,
      });
      // Last, so that a crash before the commit leaves no file without a record but in this moment.
      await staged.keep(fileKey);
      return kept;
    });
    // The new document stands whether or not its forerunners' files go.
    await Promise.allSettled(replaced.map(({ fileKey: old }) => core.files.delete(old)));
    return document;
  } catch (error) {
    await core.files.delete(fileKey);
    throw error;
  } finally {
    await staged.discard();
  }
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

/** @throws AppError not-found */
export async function deleteDocument(core: Core, ctx: Context, agentId: number, id: number): Promise<void> {
  await getDocument(core, ctx, agentId, id);
  const deleted = await core.store.transaction(async (records) => {
    const document = await records.knowledge.delete(agentId, id);
    if (!document) throw notFound('Document', `document_id: doc_${id}`);
    await records.outbox.audit(ctx, 'document.delete', `doc_${id}`, { agent: `agent_${agentId}` });
    return document;
  });
  await core.files.delete(deleted.fileKey);
}

/** Cuts a document anew, with another size of chunks where one is given; one from an address is fetched again. @throws AppError not-found, invalid-input */
export async function reindexDocument(
  core: Core,
  ctx: Context,
  agentId: number,
  id: number,
  chunkSize: number | null,
): Promise<Document> {
  const before = await getDocument(core, ctx, agentId, id);
  const size = chunkSize ?? before.chunkSize;
  const fetched = before.url === null ? null : await fetchUrl(core, before.url);
  const bytes = fetched?.bytes ?? (await kept(core, before));
  const charset = fetched ? charsetOf(fetched.contentType) : null;
  const { chunks, contentHash } = await core.knowledge.reader.read(
    ctx.organizationId,
    bytes,
    before.fileType,
    size,
    charset,
  );
  if (before.url !== null) await core.files.write(before.fileKey, one(bytes));
  return core.store.transaction(async (records) => {
    const document = await records.knowledge.reindex(id, size, chunks, contentHash, core.clock.now());
    if (!document) throw notFound('Document', `document_id: doc_${id}`);
    if (core.knowledge.embedder) await records.outbox.job({ name: 'embed-document', data: { documentId: id } });
    await records.outbox.audit(ctx, 'document.reindex', `doc_${id}`, { chunks: chunks.length });
    return document;
  });
}

/** How a chunk reads where its document cannot be seen: with its headings. */
export function inContext({ heading, text }: Chunk): string {
  return heading === null ? text : `${heading}: ${text}`;
}

interface Fetched {
  readonly name: string;
  readonly content: Uint8Array | StagedFile;
  readonly fileType: FileType;
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
      return typed('file_path', name ?? file.name, file.bytes, fileType ?? fileTypeOf(file.name));
    }
    case 'upload':
      return typed('file', name ?? source.name, source.staged, fileType ?? fileTypeOf(source.name));
    case 'text':
      return typed(
        'text',
        name ?? source.text.trim().slice(0, 60),
        new TextEncoder().encode(source.text),
        fileType ?? 'txt',
        'utf-8',
      );
    case 'url': {
      const fetched = await fetchUrl(core, source.url);
      const ending = new URL(source.url).pathname;
      return typed(
        'url',
        name ?? (ending.split('/').findLast((part) => part !== '') || new URL(source.url).hostname),
        fetched.bytes,
        fileType ?? fileTypeOf(ending) ?? typeOfContent(fetched.contentType),
        charsetOf(fetched.contentType),
      );
    }
  }
}

function typed(
  path: string,
  name: string,
  content: Uint8Array | StagedFile,
  fileType: FileType | null,
  charset: string | null = null,
): Fetched {
  const size = content instanceof Uint8Array ? content.length : content.size;
  if (fileType === null) throw invalid('file_type', 'is required: the name does not tell it');
  if (size === 0) throw invalid(path, 'is empty');
  if (size > LARGEST_DOCUMENT) throw invalid(path, `is larger than ${LARGEST_DOCUMENT} bytes`, 'range');
  return { name, content, fileType, charset };
}

async function fetchUrl(
  core: Core,
  url: string,
  redirects = MOST_REDIRECTS,
): Promise<{ bytes: Uint8Array; contentType: string }> {
  let reply;
  try {
    reply = await core.http.send({
      method: 'GET',
      url,
      headers: { 'user-agent': 'Trunkline', accept: '*/*' },
      timeoutMs: FETCH_MS,
      mostBytes: LARGEST_DOCUMENT,
    });
  } catch (error) {
    throw invalid('url', `could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
  // Each address is checked anew by the client whether it may be reached.
  if (REDIRECTS.has(reply.status) && reply.location !== undefined && URL.canParse(reply.location, url)) {
    if (redirects === 0) throw invalid('url', `is redirected more than ${MOST_REDIRECTS} times`);
    return fetchUrl(core, new URL(reply.location, url).href, redirects - 1);
  }
  if (reply.status !== 200) throw invalid('url', `could not be fetched: it answered ${reply.status}`);
  if (reply.cut) throw invalid('url', `is larger than ${LARGEST_DOCUMENT} bytes`, 'range');
  return { bytes: reply.body, contentType: reply.contentType };
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

async function kept(core: Core, document: Document): Promise<Uint8Array> {
  const file = await core.files.read(document.fileKey);
  if (!file) throw notFound('The file of the document', `document_id: doc_${document.id}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
