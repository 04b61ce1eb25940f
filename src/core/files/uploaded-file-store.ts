import type { UploadedFile } from './uploaded-file.ts';

export interface UploadedFileStore {
  insert(organizationId: number, file: Pick<UploadedFile, 'name' | 'content'>, at: Date): Promise<UploadedFile>;
  find(organizationId: number, id: number): Promise<UploadedFile | null>;
  count(organizationId: number): Promise<number>;
}
