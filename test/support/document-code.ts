import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.ts';

/** A fenced block of a page: its language, further words after it, and its text. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** What can be run of a page: its shell blocks as one script, so that variables last, and each other block alone. */
export interface PageCode {
  readonly shell: string;
  readonly javascript: readonly string[];
  readonly python: readonly string[];
}

/** Languages whose blocks are run, unless they are marked `not-run`. */
const RUN = new Set(['sh', 'javascript', 'python']);

const pagesOfProject = (): readonly string[] =>
  globSync(['*.md', '{clients,console,bench,deploy,docs,src,test,tools}/**/*.md'], {
    cwd: ROOT,
    exclude: (path) => path.includes('node_modules') || path.includes('dist'),
  }).toSorted();

/** Every fenced block of every page. @throws Error for a fence that has blanks before it, or never ends */
export const allBlocks = (): readonly Block[] => pagesOfProject().flatMap(blocksOf);

function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let begun: { line: number; about: readonly string[]; text: string } | null = null;
  for (const [at, line] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
    const fence = /^(\s*)(?:```|~~~)(.*)$/.exec(line);
    if (!fence) {
      if (begun) begun.text += `${line}\n`;
    } else if (fence[1] !== '') throw new Error(`${page}:${at + 1}: a fence with blanks before it`);
    else if (!begun) begun = { line: at + 1, about: fence[2]!.split(' '), text: '' };
    else {
      const [language = '', ...words] = begun.about;
      blocks.push({ page, line: begun.line, language, words, text: begun.text });
      begun = null;
    }
  }
  if (begun) throw new Error(`${page}:${begun.line}: a block without an end`);
  return blocks;
}

export const isRun = ({ language, words }: Block): boolean => RUN.has(language) && !words.includes('not-run');

/** What is run, by page. */
export function codeByPage(blocks: readonly Block[]): ReadonlyMap<string, PageCode> {
  const setup = blocks.find(({ words }) => words.includes('setup'));
  if (!setup) throw new Error('no page has a block marked "setup"');
  // It runs before the shell code of each page.
  const pages = Map.groupBy(
    blocks.filter((block) => isRun(block) && block !== setup),
    ({ page }) => page,
  );
  return new Map(
    [...pages].map(([page, own]) => {
      const of = (wanted: string) => own.filter(({ language }) => language === wanted).map(({ text }) => text);
      const shell = of('sh');
      return [
        page,
        {
          shell: shell.length === 0 ? '' : ['set -euo pipefail', setup.text, ...shell].join('\n'),
          javascript: of('javascript'),
          python: of('python'),
        },
      ];
    }),
  );
}
