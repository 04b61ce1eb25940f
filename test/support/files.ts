import type { FileStore } from '#core/kernel/file-store.ts';

/** A whole file, or null while there is none. */
export async function readAll(files: FileStore, key: string): Promise<Buffer | null> {
  const file = await files.read(key);
  if (!file) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
