import { readFileSync } from 'node:fs';
import type { ModelFile } from '#providers/sherpa/installed-models.ts';
import { addPiperMetadata, writeMoonshineTokens } from './preparations.ts';

/** A file to fetch. */
export interface Download {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Where it goes; or, of a zip archive, where its members go: a folder's name ends with a slash. */
  readonly to: string | Readonly<Record<string, string>>;
}

export interface CatalogueModel extends Omit<ModelFile, 'files' | 'speakers'> {
  readonly name: string;
  readonly downloads: readonly Download[];
  /** What makes of the files those that sherpa-onnx reads. */
  readonly prepare?: keyof typeof PREPARATIONS;
  /** Pages with the text of each licence. */
  readonly licencePages: readonly string[];
}

export const PREPARATIONS = { moonshine: writeMoonshineTokens, piper: addPiperMetadata } as const;

/** Models that `npm run models` knows; others are put below MODELS_DIR by hand (docs/guides/self-hosted-speech.md). */
export const MODELS = JSON.parse(
  readFileSync(new URL('./catalogue.json', import.meta.url), 'utf8'),
) as readonly CatalogueModel[];
