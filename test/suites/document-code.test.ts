import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { allBlocks, codeByPage, isRun } from '../support/document-code.ts';
import { problemsOf } from '../support/document-lint.ts';
import { ROOT } from '../support/process.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Every code block of every page is run against a server or, where it cannot be, linted.

const JS = join(ROOT, 'clients', 'js', 'dist');
const PYTHON = join(ROOT, 'clients', 'python', 'dist');
const blocks = allBlocks();

describe('code of the documents', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-documents-'));
  let server: TestServer;
  let env: NodeJS.ProcessEnv = {};
  before(async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, 'clients', 'build', 'build.ts')]);
    server = await startServer();
    env = {
      ...process.env,
      TRUNKLINE: ROOT,
      TRUNKLINE_URL: server.url,
      TRUNKLINE_API_KEY: server.key,
      NODE_PATH: JS,
      PYTHONPATH: readdirSync(PYTHON)
        .map((name) => join(PYTHON, name))
        .join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
    };
  });
  after(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });

  const run = async (program: string, args: readonly string[]) => {
    await promisify(execFile)(program, args, { cwd: dir, timeout: 120_000, env }).catch(
      (error: { stdout: string; stderr: string }) => assert.fail(`${error.stderr}\n${error.stdout.slice(-2000)}`),
    );
  };
  const runText = async (program: string, name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    await run(program, [join(dir, name)]);
  };

  it('that cannot be run is without fault', () => {
    const linted = blocks.filter((block) => !isRun(block));
    assert.ok(linted.length > 10);
    assert.deepEqual(
      linted.flatMap((block) => problemsOf(block).map((problem) => `${block.page}:${block.line}: ${problem}`)),
      [],
    );
  });

  it('that has a fault is found', () => {
    const faults: readonly (readonly [language: string, text: string])[] = [
      ['sh', 'npm start "\n'],
      ['sh', 'npm run nothing\n'],
      ['sh', 'npx trunkline nothing\n'],
      ['sh', 'kubectl apply -f deploy/kubernetes/nothing.yaml\n'],
      ['sh', 'export NOTHING_OF_OURS=1\n'],
      ['sh', 'npm start -- --role nothing\n'],
      ['json', '{"a": }\n'],
      ['yaml', 'a: [1\n'],
      ['ts', 'const a: = 1;\n'],
      ['mermaid', 'flowchart LR\n  a -> b\n'],
      ['caddyfile', 'a.example {\n'],
      ['talk', 'Hello.\n'],
      ['rust', 'fn main() {}\n'],
      ['', 'npm start\n'],
    ];
    for (const [language, text] of faults)
      assert.equal(problemsOf({ page: 'x.md', line: 1, language, words: [], text }).length, 1, `${language} ${text}`);
  });

  for (const [page, { shell, javascript, python }] of codeByPage(blocks))
    it(`of ${page} runs`, async () => {
      if (shell !== '') await run('bash', ['-c', shell]);
      for (const text of javascript) await runText(process.execPath, 'example.cjs', text);
      for (const text of python) await runText('python3', 'example.py', text);
    });
});
