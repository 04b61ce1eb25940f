import { type Memory, type MemoryChange } from './memory.ts';

export interface MemoryStore {
  of(personId: number): Promise<Memory>;
  /** Merges atomically: concurrent changes do not overwrite each other. */
  merge(personId: number, change: MemoryChange, at: Date): Promise<void>;
  clear(personId: number): Promise<void>;
}
