/** How often each record was edited, by the subject of its audit lines. */
export interface RevisionStore {
  /** 0 for a record that was never edited. */
  of(organizationId: number, subject: string): Promise<number>;
  /** Locks the record's revision until the transaction ends. Returns the new one. */
  raise(organizationId: number, subject: string): Promise<number>;
}

/** Actions of audit lines that change what a record's detail shows. */
const EDITS = /\.(change|update|draft|discard|publish|restore|rules|password-reset)$/;

export const isEdit = (action: string): boolean => EDITS.test(action);
