import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.ts';

/** A fenced block: its language, further words after it, and its text. */
interface Block {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** What can be run of a page: its shell blocks as one script, so that variables last, and each other block alone. */
export interface PageCode {
  readonly page: string;
  readonly shell: string;
  readonly javascript: readonly string[];
  readonly python: readonly string[];
}

/** Languages that are shown only: drawings, configuration, code of a server, prompts. */
const SHOWN = new Set(['mermaid', 'text', 'yaml', 'ts', 'prompt', 'talk', 'caddyfile']);
const RUN = new Set(['sh', 'javascript', 'python', 'json']);

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map(([, about, body]) => {
    const [language = '', ...words] = about!.split(' ');
    return { language, words, text: body! };
  });
}

/** The pages whose code is run. */
export const pagesWithCode = (): readonly string[] =>
  globSync(['docs/*.md', 'docs/guides/*.md', 'clients/README.md'], { cwd: ROOT })
    .filter((page) => blocksOf(page).some(({ language }) => !SHOWN.has(language)))
    .toSorted();

/** @throws AssertionError for a block that is neither run nor marked, or JSON that cannot be read */
export function codeOf(page: string): PageCode {
  const setup = blocksOf('docs/quick-start.md').find(({ words }) => words.includes('setup'));
  assert.ok(setup, 'the quick start has no block marked "setup"');
  const run = blocksOf(page).filter(({ words }) => !words.includes('not-run') && !words.includes('setup'));
  for (const { language, text } of run) {
    if (language === 'json') JSON.parse(text);
    else
      assert.ok(
        RUN.has(language) || SHOWN.has(language),
        `${page}: a block in "${language}" is neither run nor marked "not-run"`,
      );
  }
  const of = (language: string) => run.filter((one) => one.language === language).map(({ text }) => text);
  const shell = of('sh');
  return {
    page,
    shell: shell.length === 0 ? '' : ['set -euo pipefail', setup.text, ...shell].join('\n'),
    javascript: of('javascript'),
    python: of('python'),
  };
}
