import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

// The formatter wraps code at 120 columns, but neither comments nor literals. Comments are wrapped by hand. A literal
// may be longer where a break would make it harder to read: a pattern, a sentence, a row of data.

const ROOT = join(import.meta.dirname, '..');
const COLUMNS = 120;
/** Lines that one long literal makes too long. This number only falls. */
const LITERALS_AT_MOST = 311;

const LINES_AT_MOST = 450;

const COMMENT = /^\s*(?:\/\/|\/?\*)/;
const LITERAL = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\s]|\\.)(?:[^/\\]|\\.)*\/[a-z]*/g;
/** A link cannot be wrapped. */
const LINK = /https?:\/\/\S{60,}/;

type Kind = 'fits' | 'comment' | 'code' | 'literal';

/** `inTemplate`: the line begins inside a template literal of several lines. */
function kindOf(line: string, inTemplate: boolean): Kind {
  if (line.length <= COLUMNS) return 'fits';
  if (inTemplate) return 'literal';
  if (COMMENT.test(line)) return LINK.test(line) ? 'fits' : 'comment';
  const longest = Math.max(0, ...Array.from(line.matchAll(LITERAL), ([literal]) => literal.length));
  return line.length - longest <= COLUMNS || line.includes('`') ? 'literal' : 'code';
}

function longLines(source: string): { readonly line: number; readonly kind: Kind }[] {
  let inTemplate = false;
  return source.split('\n').flatMap((text, n) => {
    const kind = kindOf(text, inTemplate);
    if ((text.match(/(?<!\\)`/g)?.length ?? 0) % 2 === 1) inTemplate = !inTemplate;
    return kind === 'fits' ? [] : [{ line: n + 1, kind }];
  });
}

describe('sizes of files and lines', () => {
  const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'run.mjs'], { cwd: ROOT });
  const found = files.flatMap((path) =>
    longLines(readFileSync(join(ROOT, path), 'utf8')).map((one) => ({ path, ...one })),
  );

  it('no comment and no code is longer', () => {
    const wrong = found.filter(({ kind }) => kind !== 'literal');
    assert.deepEqual(
      wrong.map(({ path, line, kind }) => `${path}:${line} ${kind}`),
      [],
    );
  });

  it('long literals become no more', () => {
    assert.equal(found.filter(({ kind }) => kind === 'literal').length, LITERALS_AT_MOST);
  });

  it('no file has too many lines', () => {
    const large = files
      .map((path) => ({ path, lines: readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > LINES_AT_MOST);
    assert.deepEqual(
      large.map(({ path, lines }) => `${path} ${lines}`),
      [],
    );
  });

  it('tells comments, code and literals apart', () => {
    const words = 'word '.repeat(30);
    assert.deepEqual(
      longLines(`// ${words}\nconst a = '${words}';\nconst b = [${'a, '.repeat(50)}];\nconst c = 1;`).map(
        ({ kind }) => kind,
      ),
      ['comment', 'literal', 'code'],
    );
  });
});
