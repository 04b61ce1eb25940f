export const FILE_TYPES = ['pdf', 'docx', 'html', 'md', 'txt', 'csv'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** One document of an agent's knowledge. */
export interface Document {
  readonly id: number;
  readonly organizationId: number;
  readonly agentId: number;
  readonly name: string;
  readonly fileType: FileType;
  readonly source: 'path' | 'upload' | 'text' | 'url';
  readonly url: string | null;
  /** What it is known by when it comes again: its path, address or name. */
  readonly origin: string | null;
  /** SHA-256 of its bytes, in hex; null of one that was added before it was kept. */
  readonly contentHash: string | null;
  /** Where the document itself lies in the file store. */
  readonly fileKey: string;
  /** In tokens. */
  readonly chunkSize: number;
  readonly chunks: number;
  readonly createdAt: Date;
  readonly indexedAt: Date;
}

/** A piece of a document that can be found. `heading` says where it stands: its headings, or its page. */
export interface Chunk {
  readonly heading: string | null;
  readonly text: string;
}

/** What was found, best first. */
export interface Passage {
  readonly documentId: number;
  readonly seq: number;
  readonly document: string;
  readonly heading: string | null;
  readonly text: string;
}

/** A type by the end of a name or address, where it has one of ours. */
export function fileTypeOf(name: string): FileType | null {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const known: Readonly<Record<string, FileType>> = { htm: 'html', markdown: 'md', text: 'txt' };
  return known[ending] ?? FILE_TYPES.find((one) => one === ending) ?? null;
}
