import type { LeadColumns } from './lead-columns.ts';
import type { TableFormat } from './lead-file.ts';

export type ImportStatus = 'processing' | 'completed' | 'failed';

export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/** What an API says of an import in three numbers. */
export const summaryOf = ({ created, updated, unchanged, rejected }: ImportCounts) => ({
  imported: created,
  duplicates: updated + unchanged,
  rejected,
});

/** What the rows of a list become: leads of a campaign, or entries of a do-not-call list. */
export type ImportTarget = 'leads' | 'do_not_call';

/** A list that is read from a file. */
export interface LeadImport extends ImportCounts {
  readonly id: number;
  readonly organizationId: number;
  readonly target: ImportTarget;
  /** Null: the do-not-call list of the organization. */
  readonly campaignId: number | null;
  readonly fileKey: string | null;
  readonly fileName: string;
  readonly fileHash: string;
  readonly format: TableFormat;
  readonly columns: LeadColumns;
  readonly status: ImportStatus;
  readonly failure: string | null;
  readonly totalRows: number;
  readonly doneRows: number;
  /** The numbers of batches of rows that are done. */
  readonly doneBatches: readonly number[];
  /** How often the work was begun since it last got further. */
  readonly tries: number;
  readonly released: boolean;
  readonly undoneAt: Date | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export type NewImport = Pick<
  LeadImport,
  'organizationId' | 'target' | 'campaignId' | 'fileKey' | 'fileName' | 'fileHash' | 'format' | 'columns' | 'totalRows'
>;

export interface RejectedRow {
  readonly row: number;
  readonly error: string;
  readonly cells: readonly string[];
}

export interface LeadImportStore {
  insert(one: NewImport, at: Date): Promise<LeadImport>;
  find(organizationId: number, id: number): Promise<LeadImport | null>;
  /** As `find`, and locks it until the transaction ends. */
  lock(organizationId: number, id: number): Promise<LeadImport | null>;
  /**
   * Leases an import with work left that no server works on, of none of these organizations, and counts the try. Null:
   * there is none.
   */
  claim(leaseMs: number, busy: readonly number[]): Promise<LeadImport | null>;
  /**
   * Notes that a batch of rows is done, and extends the lease. False if it was done before, or the import ended: then
   * the transaction must not commit.
   */
  advance(
    id: number,
    batch: {
      readonly number: number;
      readonly rows: number;
      readonly counts: ImportCounts;
      readonly rejected: readonly RejectedRow[];
      readonly leaseMs: number;
    },
  ): Promise<boolean>;
  finish(id: number, status: ImportStatus, failure: string | null, at: Date): Promise<void>;
  /** Lets its leads be dialled, and ends the lease. */
  release(id: number, at: Date): Promise<void>;
  undone(id: number, at: Date): Promise<void>;
  /** By row; those behind the row `after`. */
  rejected(id: number, most: number, after?: number): Promise<readonly RejectedRow[]>;
  /** Deletes rejected rows that hold one of these numbers, in any writing. */
  forgetNumbers(organizationId: number, numbers: readonly string[]): Promise<void>;
  /** The file is about to be deleted. */
  forgetFile(id: number): Promise<void>;
}
