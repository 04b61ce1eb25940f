import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { VARIABLES } from '#config/config.ts';
import { clearMessage, markMessage, mediaMessage, readMessage } from '#edge/media-messages.ts';
import { DOCS, documentFiles } from './document-files.ts';
import { servedDocuments } from './served-apis.ts';

// The committed descriptions of the APIs: they follow from the operations, they are well formed, and their examples are
// what their schemas allow.

interface Problem {
  readonly ruleId: string;
  readonly message: string;
  readonly location: readonly { readonly pointer?: string }[];
}
interface Linter {
  createConfig(config: object): Promise<object>;
  lintFromString(options: { source: string; absoluteRef: string; config: object }): Promise<readonly Problem[]>;
}
const linter = createRequire(join(DOCS, '..', 'tools', 'package.json'))('@redocly/openapi-core') as Linter;

/** Rules of the linter's recommended set that do not fit. */
const RULES = {
  // An address is served on whatever host the operator chooses.
  'no-server-example.com': 'off',
  // A query of a procedure, and `/health` without a parameter, have no error of the client's.
  'operation-4xx-response': 'off',
  // `/api/calls/{callId}` beside `/api/calls/board`: the fixed path wins, as the server routes it.
  'no-ambiguous-paths': 'off',
  // A tag is a part of the addresses, and says no more.
  'tag-description': 'off',
  'no-identical-paths': 'error',
  // Names that the documented APIs chose.
  'operation-operationId-url-safe': 'error',
  'operation-singular-tag': 'error',
};

const files = documentFiles();
const documents = servedDocuments();

describe('descriptions of the APIs', () => {
  it('follow from the operations', () => {
    const committed = globSync('{openapi,asyncapi,postman}/*.json', { cwd: DOCS }).toSorted();
    assert.deepEqual(committed, [...files.keys()].toSorted(), 'run npm run openapi');
    for (const [path, text] of files)
      assert.ok(readFileSync(join(DOCS, path), 'utf8') === text, `docs/${path} is out of date: run npm run openapi`);
  });

  it('pass the linter', async () => {
    const config = await linter.createConfig({ extends: ['recommended'], rules: RULES });
    for (const [path, source] of files) {
      if (path.startsWith('postman/')) continue;
      const problems = await linter.lintFromString({ source, absoluteRef: join(DOCS, path), config });
      assert.deepEqual(
        problems.map(({ ruleId, message, location }) => `${path} ${location[0]?.pointer} ${ruleId}: ${message}`),
        [],
      );
    }
  });

  it('give every operation a name, a summary, an example and errors with schemas', () => {
    for (const name of documents.names) {
      const ids = new Set<string>();
      for (const [path, methods] of Object.entries(documents.openApi(name)!.paths))
        for (const [method, one] of Object.entries(methods)) {
          const where = `${name} ${method} ${path}`;
          assert.match(one.operationId, /^[\w.]+$/, where);
          assert.ok(!ids.has(one.operationId), `${where}: a second ${one.operationId}`);
          ids.add(one.operationId);
          assert.ok(one.summary.length > 3 && one.tags.length === 1, where);
          for (const [status, { content }] of Object.entries(one.responses)) {
            const [answer] = Object.values(content);
            assert.ok(answer && '$ref' in answer.schema, `${where} ${status} has no named schema`);
            assert.ok(status !== '200' || answer.example !== undefined, `${where} has no example`);
          }
          const body = one.requestBody?.content['application/json'];
          assert.ok(!body || body.example !== undefined, `${where} has no example of a body`);
        }
    }
  });

  it('hold examples that their schemas allow', () => {
    const wrong: string[] = [];
    for (const name of documents.names) {
      const document = documents.openApi(name)!;
      const ajv = new Ajv2020({ strict: false, validateFormats: false });
      ajv.addSchema({ $id: 'api', components: document.components });
      const check = (where: string, schema: object, example: unknown) => {
        const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object;
        if (example !== undefined && !ajv.validate(local, example))
          wrong.push(`${name} ${where}: ${ajv.errorsText()} ${JSON.stringify(example)}`);
      };
      for (const methods of Object.values(document.paths))
        for (const one of Object.values(methods)) {
          for (const parameter of one.parameters ?? [])
            if (parameter.schema) check(`${one.operationId} ${parameter.name}`, parameter.schema, parameter.example);
          for (const { schema, example } of Object.values(one.requestBody?.content ?? {}))
            check(`${one.operationId} body`, schema, example);
          for (const { schema, example } of Object.values(one.responses['200']!.content))
            check(`${one.operationId} reply`, schema, example);
        }
    }
    assert.deepEqual(wrong, []);
  });
});

describe('the description of the media socket', () => {
  const { messages } = documents.asyncApi('sales-agent')!.channels['media']!;
  const examples = Object.entries(messages).map(
    ([name, { examples }]) => [name, examples[0]!.payload as Readonly<Record<string, unknown>>] as const,
  );

  it('shows messages that a server reads', () => {
    for (const [name, payload] of examples)
      if (name.startsWith('client_'))
        assert.equal(readMessage(JSON.stringify(payload)).type, name.slice('client_'.length), name);
  });

  it('shows what a server writes', () => {
    const sid = 'MZ0123456789abcdef0123456789abcdef';
    const written = [mediaMessage(sid, new Uint8Array(4).fill(255)), markMessage(sid, 'clause-1'), clearMessage(sid)];
    assert.deepEqual(
      examples.filter(([name]) => !name.startsWith('client_')).map(([, payload]) => payload),
      written.map((text) => JSON.parse(text) as unknown),
    );
  });
});

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

describe('documents', () => {
  it('name every part of the bench, every command of npm and every variable', () => {
    const root = join(DOCS, '..');
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    const parts = /const PARTS = \[([^\]]*)\]/.exec(read('bench/bench.ts'))![1]!.match(/\w+/g)!;
    const performance = read('docs/performance.md');
    assert.deepEqual(
      parts.filter((part) => !performance.includes(`\n| \`${part}\` |`)),
      [],
    );
    const pages = globSync(['docs/**/*.md', 'README.md', 'clients/README.md'], { cwd: root }).map(read).join('\n');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
    const unnamed = Object.keys(scripts).filter((name) => !new RegExp(`npm (?:run )?${name}\\b`).test(pages));
    assert.deepEqual(unnamed, ['prepare']);
    assert.deepEqual(
      VARIABLES.filter((name) => !pages.includes(name)),
      [],
    );
  });

  it('link to files and headings that exist', () => {
    const root = join(DOCS, '..');
    const broken = globSync(['docs/**/*.md', 'README.md', 'clients/README.md'], { cwd: root }).flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8').replace(/^```[^]*?^```$/gm, '');
      return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([link, path, anchor]) => {
        const target = path === '' ? join(root, page) : join(root, dirname(page), path!);
        if (!existsSync(target)) return [`${page}: ${link}`];
        if (anchor === undefined) return [];
        const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
        return headings.some((heading) => anchorOf(heading) === anchor) ? [] : [`${page}: ${link}`];
      });
    });
    assert.deepEqual(broken, []);
  });
});
