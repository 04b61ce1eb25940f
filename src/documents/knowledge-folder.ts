import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, join, relative, resolve, isAbsolute, sep } from 'node:path';
import type { KnowledgeFolder } from '#core/knowledge/document-reader.ts';
import { LARGEST_DOCUMENT } from '#core/knowledge/knowledge.ts';
import { AppError, invalid } from '#core/kernel/errors.ts';

const folderOf = (organizationId: number): string => `org_${organizationId}`;
const ANY_ORGANIZATION = /^org_\d+$/i;
/** A pipe without a writer must not block: four blocked opens stop all file and name lookups of the process. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Reads from the folder of one organization only, also with links and dots in the path. */
export class ConfinedFolder implements KnowledgeFolder {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async read(
    path: string,
    organization: { id: number; isFirst: boolean },
  ): Promise<{ name: string; content: AsyncIterable<Uint8Array> }> {
    const nothing = () => invalid('file_path', 'names no file in the knowledge folder');
    try {
      const own = folderOf(organization.id);
      const root = await realpath(organization.isFirst ? this.#dir : join(this.#dir, own));
      const target = await realpath(isAbsolute(path) ? resolve(path) : join(root, path));
      const inside = relative(root, target);
      if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) throw nothing();
      const top = inside.split(sep)[0]!;
      if (organization.isFirst && ANY_ORGANIZATION.test(top) && top !== own) throw nothing();
      const file = await open(target, READ);
      try {
        const { size } = await file.stat().then((stat) => (stat.isFile() ? stat : Promise.reject(nothing())));
        if (size > LARGEST_DOCUMENT) throw invalid('file_path', `is larger than ${LARGEST_DOCUMENT} bytes`, 'range');
        return { name: basename(target), content: file.createReadStream() };
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw nothing();
    }
  }
}
