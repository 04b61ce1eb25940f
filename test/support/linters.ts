import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './process.ts';

const LINTERS = ['hadolint', 'kubernetes-validate'] as const;

/** A linter from PyPI, where `.ci/run` installs it or on the path. */
export function linterPath(name: (typeof LINTERS)[number]): string | null {
  const folders = [join(ROOT, '.cache', 'linters', 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** What is not installed, or null. */
export function missingLinters(): string | null {
  const missing = LINTERS.find((name) => linterPath(name) === null);
  return missing === undefined ? null : `${missing} (PyPI) is not installed`;
}
