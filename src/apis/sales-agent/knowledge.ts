import { z } from 'zod';
import { FILE_TYPES, type Document, type Passage } from '#core/knowledge/document.ts';
import {
  addDocument,
  DEFAULT_CHUNK_SIZE,
  deleteDocument,
  getDocument,
  listDocuments,
  listPassages,
  reindexDocument,
  tryQuestion,
  type DocumentSource,
} from '#core/knowledge/knowledge.ts';
import { PASSAGES_PER_ANSWER } from '#core/knowledge/search.ts';
import { wrong } from '../kit/input.ts';
import { operation } from '../kit/operation.ts';
import { uploadedFile } from '../kit/upload.ts';
import { IdText, webUrl, wholeNumber } from '../kit/codecs.ts';
import {
  agentIdOf,
  agentNumber,
  AgentParams,
  deleted,
  Deleted,
  documentIdOf,
  documentNumber,
  time,
} from './dialect.ts';

const DocumentParams = AgentParams.extend({ document_id: IdText });

/** A form's fields are texts. */
const chunkSize = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,5}$/)
      .max(5)
      .transform(Number),
  ])
  .pipe(z.number().min(16).max(4096));

const Upload = z.object({
  file_type: z.string().max(20).toLowerCase().pipe(z.enum(FILE_TYPES)).optional(),
  file_path: z.string().min(1).max(1000).optional(),
  file: uploadedFile.optional(),
  text: z.string().max(1_000_000).optional(),
  url: webUrl.optional(),
  name: z.string().trim().min(1).max(200).optional(),
  chunk_size: chunkSize.optional(),
});

function sourceOf({ file_path, file, text, url }: z.output<typeof Upload>): DocumentSource {
  const sources: DocumentSource[] = [
    ...(file_path === undefined ? [] : [{ from: 'path', path: file_path } as const]),
    ...(file === undefined ? [] : [{ from: 'upload', name: file.name, staged: file.staged } as const]),
    ...(text === undefined ? [] : [{ from: 'text', text } as const]),
    ...(url === undefined ? [] : [{ from: 'url', url } as const]),
  ];
  if (sources.length === 0) throw wrong('file_path', 'file_path is required (or file, text or url)', 'missing');
  if (sources.length > 1) throw wrong('file_path', 'only one of file_path, file, text and url may be given');
  return sources[0]!;
}

const Indexed = z.object({ success: z.literal(true), chunks_created: z.int(), agent_id: z.string() });
const indexed = (document: Document): z.input<typeof Indexed> => ({
  success: true,
  chunks_created: document.chunks,
  agent_id: agentIdOf(document.agentId),
});

const ListedDocument = z.object({ id: z.string(), name: z.string(), chunks: z.int(), created_at: z.string() });
const listed = (document: Document): z.input<typeof ListedDocument> => ({
  id: documentIdOf(document.id),
  name: document.name,
  chunks: document.chunks,
  created_at: time(document.createdAt),
});

export const uploadDocumentOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/knowledge-base',
  summary: 'Upload Knowledge Base',
  permission: 'manage-agents',
  creates: true,
  uploads: true,
  takesPlace: true,
  params: AgentParams,
  body: Upload,
  reply: Indexed,
  handle: async ({ core, ctx, params, body }) =>
    indexed(
      await addDocument(core, ctx, agentNumber(params.agent_id), {
        source: sourceOf(body),
        name: body.name ?? null,
        fileType: body.file_type ?? null,
        chunkSize: body.chunk_size ?? DEFAULT_CHUNK_SIZE,
      }),
    ),
});

export const listDocumentsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/knowledge-base',
  summary: 'Get Knowledge Base',
  permission: 'read',
  params: AgentParams,
  reply: z.object({ agent_id: z.string(), documents: z.array(ListedDocument), total_chunks: z.int() }),
  handle: async ({ core, ctx, params }) => {
    const documents = await listDocuments(core, ctx, agentNumber(params.agent_id));
    return {
      agent_id: params.agent_id,
      documents: documents.map(listed),
      total_chunks: documents.reduce((sum, one) => sum + one.chunks, 0),
    };
  },
});

export const getDocumentOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/knowledge-base/:document_id',
  summary: 'Get a document',
  permission: 'read',
  params: DocumentParams,
  reply: ListedDocument.extend({
    agent_id: z.string(),
    file_type: z.string(),
    url: z.string().nullable(),
    chunk_size: z.int(),
    indexed_at: z.string(),
  }),
  handle: async ({ core, ctx, params }) => {
    const document = await getDocument(core, ctx, agentNumber(params.agent_id), documentNumber(params.document_id));
    return {
      ...listed(document),
      agent_id: params.agent_id,
      file_type: document.fileType,
      url: document.url,
      chunk_size: document.chunkSize,
      indexed_at: time(document.indexedAt),
    };
  },
});

const MOST_PASSAGES = 200;
const USUAL_PASSAGES = 50;
const LONGEST_QUESTION = 250;

const PassageReply = z.object({
  document_id: z.string(),
  document: z.string(),
  seq: z.int().describe('Its place in the document'),
  heading: z.string().nullable(),
  text: z.string(),
});
const presentPassage = ({ documentId, ...passage }: Passage): z.input<typeof PassageReply> => ({
  document_id: documentIdOf(documentId),
  ...passage,
});

export const listPassagesOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/knowledge-base/:document_id/passages',
  summary: 'The passages into which a document was cut, in order',
  permission: 'read',
  params: DocumentParams,
  query: z.object({
    after: wholeNumber(0, 1_000_000_000).optional().describe('Only passages with a higher `seq`'),
    limit: wholeNumber(1, MOST_PASSAGES).optional(),
  }),
  reply: z.object({ passages: z.array(PassageReply) }),
  handle: async ({ core, ctx, params, query }) => {
    const document = { agentId: agentNumber(params.agent_id), id: documentNumber(params.document_id) };
    const page = { after: query.after ?? -1, limit: query.limit ?? USUAL_PASSAGES };
    return { passages: (await listPassages(core, ctx, document, page)).map(presentPassage) };
  },
});

export const tryQuestionOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/knowledge-search',
  summary: 'The passages that the agent finds for a question, best first',
  permission: 'read',
  params: AgentParams,
  query: z.object({
    question: z.string().trim().min(1).max(LONGEST_QUESTION),
    limit: wholeNumber(1, 20).optional().describe(`Without it ${PASSAGES_PER_ANSWER}, as many as an answer is given`),
  }),
  reply: z.object({ passages: z.array(PassageReply) }),
  handle: async ({ core, ctx, params, query }) => {
    const found = await tryQuestion(
      core,
      ctx,
      agentNumber(params.agent_id),
      query.question,
      query.limit ?? PASSAGES_PER_ANSWER,
    );
    return { passages: found.map(presentPassage) };
  },
});

export const deleteDocumentOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/agents/:agent_id/knowledge-base/:document_id',
  summary: 'Delete a document',
  permission: 'manage-agents',
  params: DocumentParams,
  reply: Deleted,
  handle: async ({ core, ctx, params }) => {
    await deleteDocument(core, ctx, agentNumber(params.agent_id), documentNumber(params.document_id));
    return deleted('Document deleted');
  },
});

export const reindexDocumentOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/knowledge-base/:document_id/reindex',
  summary: 'Cut a document anew; one from an address is fetched again',
  permission: 'manage-agents',
  takesPlace: true,
  params: DocumentParams,
  body: z.object({ chunk_size: chunkSize.optional() }),
  reply: Indexed,
  handle: async ({ core, ctx, params, body }) =>
    indexed(
      await reindexDocument(
        core,
        ctx,
        agentNumber(params.agent_id),
        documentNumber(params.document_id),
        body.chunk_size ?? null,
      ),
    ),
});
