import { createHash } from 'node:crypto';
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { wrong } from './input.ts';

export const LARGEST_UPLOAD = 64 * 1024 * 1024;

/** A file of a form. Where requests are compared it stands for its content. */
export class UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
  }

  toJSON(): object {
    return { name: this.name, sha256: createHash('sha256').update(this.bytes).digest('hex') };
  }
}

export const uploadedFile = z.custom<UploadedFile>(
  (value) => value instanceof UploadedFile,
  'must be a file of a form (multipart/form-data)',
);

/** A form's fields as texts, and its file under its own name. @throws AppError invalid-input */
export async function readForm(request: FastifyRequest): Promise<Record<string, string | UploadedFile>> {
  const form: Record<string, string | UploadedFile> = {};
  try {
    for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue>) {
      if (part.type === 'file') form[part.fieldname] = new UploadedFile(part.filename || 'file', await part.toBuffer());
      else form[part.fieldname] = String(part.value);
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'FST_REQ_FILE_TOO_LARGE')
      throw wrong('file', `the file is larger than ${LARGEST_UPLOAD} bytes`, 'range');
    throw wrong('body', `the form cannot be read${error instanceof Error ? `: ${error.message}` : ''}`);
  }
  return form;
}
