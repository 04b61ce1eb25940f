import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { GENDERS } from '#core/voices/voice.ts';

/** Names of models are names of folders. */
export const MODEL_NAME = /^[a-z\d][a-z\d.-]{0,63}$/;
/** Describes a model, in the model's folder. */
export const MODEL_FILE = 'model.json';

const Path = z.string().regex(/^\.\/(?!(?:.*\/)?\.\.(?:\/|$))[^\\\0]+$/, 'must be ./ and a path below the folder');

export const ModelFile = z.object({
  title: z.string().min(1).max(100),
  /** `listens`: recognises an utterance at a time; `streams`: recognises while it hears; `speaks`. */
  does: z.enum(['listens', 'streams', 'speaks']),
  /** BCP 47. */
  language: z.string().refine((tag) => /^[A-Za-z]{2,8}(-[A-Za-z\d]{1,8})*$/.test(tag), 'must be like en-US'),
  licence: z.string().min(1).max(200),
  gender: z.enum(GENDERS).optional(),
  /** Of a voice: how many it holds. */
  speakers: z.int().min(1).max(1000).default(1),
  /** SHA-256 of each file, by its path. */
  files: z.record(Path, z.string().regex(/^[\da-f]{64}$/)).default({}),
  /** The model's part of the configuration of sherpa-onnx; a text that begins with ./ is a path in the folder. */
  engine: z.record(z.string(), z.unknown()),
});
export type ModelFile = z.infer<typeof ModelFile>;

export interface InstalledModel extends ModelFile {
  readonly name: string;
  readonly folder: string;
}

export interface FoundModels {
  readonly models: readonly InstalledModel[];
  /** Folders that hold no model that can be used, and why. */
  readonly broken: readonly { readonly name: string; readonly why: string }[];
}

/** The models of a folder, by name. Never throws. */
export function modelsIn(folder: string): FoundModels {
  const names = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && MODEL_NAME.test(entry.name))
        .map(({ name }) => name)
        .toSorted()
    : [];
  const models: InstalledModel[] = [];
  const broken: { name: string; why: string }[] = [];
  for (const name of names) {
    try {
      const text = readFileSync(join(folder, name, MODEL_FILE), 'utf8');
      models.push({ ...ModelFile.parse(JSON.parse(text)), name, folder: join(folder, name) });
    } catch (error) {
      broken.push({ name, why: whyUnreadable(error) });
    }
  }
  return { models, broken };
}

function whyUnreadable(error: unknown): string {
  if (error instanceof z.ZodError) {
    const { path, message } = error.issues[0]!;
    return `${MODEL_FILE}: ${path.join('.')} ${message}`;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? `it has no ${MODEL_FILE}` : `${MODEL_FILE}: ${message}`;
}

/** The configuration with the paths of this folder. */
export function resolvedEngine(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.startsWith('./') ? join(folder, value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolvedEngine(part, folder)]));
}
