import { open, realpath } from 'node:fs/promises';
import { basename, join, relative, resolve, isAbsolute } from 'node:path';
import type { KnowledgeFolder } from '#core/knowledge/ports.ts';
import { LARGEST_DOCUMENT } from '#core/knowledge/knowledge.ts';
import { AppError, invalid } from '#core/kernel/errors.ts';

/** Reads from one folder only, whatever links and dots a path is made of. */
export class ConfinedFolder implements KnowledgeFolder {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async read(path: string): Promise<{ name: string; bytes: Uint8Array }> {
    const nothing = () => invalid('file_path', 'names no file in the knowledge folder');
    try {
      const root = await realpath(this.#dir);
      const target = await realpath(isAbsolute(path) ? resolve(path) : join(root, path));
      const inside = relative(root, target);
      if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) throw nothing();
      const file = await open(target, 'r');
      try {
        const { size } = await file.stat().then((stat) => (stat.isFile() ? stat : Promise.reject(nothing())));
        if (size > LARGEST_DOCUMENT) throw invalid('file_path', `is larger than ${LARGEST_DOCUMENT} bytes`, 'range');
        return { name: basename(target), bytes: await file.readFile() };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw nothing();
    }
  }
}
