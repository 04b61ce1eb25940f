import { type Memory, type MemoryChange } from './memory.ts';

export interface MemoryStore {
  of(personId: number): Promise<Memory>;
  /** Never loses what somebody else writes at the same time. */
  merge(personId: number, change: MemoryChange, at: Date): Promise<void>;
  clear(personId: number): Promise<void>;
}
