import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#core/kernel/errors.ts';
import type { FileStore, StagedFile } from '#core/kernel/file-store.ts';
import { wrong } from './input.ts';

export const LARGEST_UPLOAD = 64 * 1024 * 1024;
const LONGEST_FILE_NAME = 255;

/** An uploaded file on disk. When requests are compared, it is compared by its content. */
export class UploadedFile {
  readonly name: string;
  readonly staged: StagedFile;

  constructor(name: string, staged: StagedFile) {
    this.name = name;
    this.staged = staged;
  }

  toJSON(): object {
    return { name: this.name, sha256: this.staged.sha256 };
  }
}

export const uploadedFile = z.instanceof(UploadedFile, {
  error: 'must be a file of a form (multipart/form-data)',
});

/**
 * Reads a form's fields as texts, and its file under its field name. Calls `staged` with each file, for its removal at
 * the end. @throws AppError
 */
export async function readForm(
  request: FastifyRequest,
  files: FileStore,
  staged: (file: StagedFile) => void,
  largest = LARGEST_UPLOAD,
): Promise<Record<string, string | UploadedFile>> {
  const form: Record<string, string | UploadedFile> = {};
  // The form's reader waits for ever for the end of a request that broke off before it began to read.
  if (request.raw.destroyed) throw wrong('body', 'the connection ended before the form was read');
  try {
    for await (const part of request.parts({ limits: { fileSize: largest } }) as AsyncIterable<
      MultipartFile | MultipartValue
    >) {
      if (part.type === 'file') {
        if (part.filename.length > LONGEST_FILE_NAME)
          throw wrong('file', `the file's name is longer than ${LONGEST_FILE_NAME} characters`, 'range');
        const file = await files.stage(part.file);
        staged(file);
        if (part.file.truncated) throw tooLarge(largest);
        form[part.fieldname] = new UploadedFile(part.filename || 'file', file);
      }
      // A part that says it is JSON comes parsed.
      else form[part.fieldname] = typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    if ((error as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE') throw tooLarge(largest);
    throw wrong('body', `the form cannot be read${error instanceof Error ? `: ${error.message}` : ''}`);
  }
  return form;
}

const tooLarge = (largest: number) => wrong('file', `the file is larger than ${largest} bytes`, 'range');
