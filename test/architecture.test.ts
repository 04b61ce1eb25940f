import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { it } from 'node:test';

// Which folder may import which. Paths are relative to src; a folder not named here may not exist.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: ['core/kernel'],
  core: [],
  engine: ['core/kernel'],
  providers: [
    'core/knowledge/ports.ts',
    'core/knowledge/terms.ts',
    'core/bookings/spoken-time.ts',
    'core/memory/analyst.ts',
    'engine/contracts',
    'engine/audio',
    'core/kernel',
    'core/ports.ts',
  ],
  carriers: ['engine/contracts', 'engine/audio', 'core/kernel'],
  simulator: ['engine/contracts', 'engine/audio', 'core/kernel'],
  dialogue: ['core', 'engine'],
  live: ['core', 'engine', 'dialogue'],
  edge: ['core', 'live', 'engine/contracts', 'engine/audio', 'http'],
  store: ['core'],
  jobs: ['core', 'engine/audio'],
  documents: ['core/knowledge', 'core/kernel'],
  secrets: ['core/kernel'],
  http: ['core/kernel'],
  apis: ['core'],
  pages: ['core', 'apis/kit', 'edge/signed-urls.ts', 'jobs/render-recording.ts'],
  commands: ['*'],
  app: ['*'],
};

/** Only the engine's own parts know each other's inside; the offline providers are handed on as one. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'providers/offline/offline.ts': ['engine/voice-session.ts'],
  'providers/configured.ts': ['engine/voice-session.ts'],
};

const ROOT_FILES = new Set(['app.ts', 'main.ts', 'webassembly.d.ts']);
const CORE_LIBRARIES: readonly string[] = ['chrono-node'];

const root = join(import.meta.dirname, '..', 'src');
const files = globSync('**/*.ts', { cwd: root });
const sources = files.filter((file) => !file.endsWith('.test.ts'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const importsOf = (text: string) =>
  [...text.matchAll(/(?:\bfrom |\bimport |\bimport\(|new URL\()['"]([^'"]+)['"]/g)].map((match) => match[1]!);

function wrongImports(file: string, text: string): string[] {
  const folder = file.split('/')[0]!;
  if (ROOT_FILES.has(file)) return [];
  const allowed = MAY_IMPORT[folder];
  if (!allowed) return [`${file} lies in a folder that the rules do not know`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith('node:') || !/^[.#]/.test(specifier))
      return folder === 'core' && !CORE_LIBRARIES.includes(specifier)
        ? [`${file} imports ${specifier}: core does no I/O and uses no library that is not listed`]
        : [];
    const target = specifier.startsWith('#')
      ? specifier.slice(1)
      : relative(root, resolve(root, dirname(file), specifier));
    const fine =
      target.startsWith(`${folder}/`) ||
      allowed.includes('*') ||
      [...allowed, ...(ALSO[file] ?? [])].some((one) => target === one || target.startsWith(`${one}/`));
    const apiToApi =
      folder === 'apis' &&
      target.startsWith('apis/') &&
      !target.startsWith('apis/kit/') &&
      target.split('/')[1] !== file.split('/')[1] &&
      file.split('/')[1] !== undefined;
    return fine && !apiToApi ? [] : [`${file} imports ${target}`];
  });
}

it('imports point one way', () => {
  assert.deepEqual(
    sources.flatMap((file) => wrongImports(file, read(file))),
    [],
  );
});

it('the rule notices an import that points back', () => {
  assert.equal(wrongImports('core/calls/x.ts', "import { a } from '#store/database.ts';").length, 1);
  assert.equal(wrongImports('core/calls/x.ts', "import fs from 'node:fs';").length, 1);
  assert.equal(wrongImports('engine/x.ts', "import { a } from '../live/live-calls.ts';").length, 1);
  assert.equal(wrongImports('apis/sales-agent/x.ts', "import { a } from '../orchestrator/api.ts';").length, 1);
});

it('only the command line reads the environment', () => {
  assert.deepEqual(
    sources.filter((file) => file !== 'main.ts' && /\bprocess\.env\b/.test(read(file))),
    [],
  );
});

it('core and the turn machine have no clock, chance or timer of their own', () => {
  const pure = sources.filter((file) => file.startsWith('core/') || file.startsWith('engine/turns/'));
  assert.deepEqual(
    pure.filter((file) =>
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval)\b/.test(read(file)),
    ),
    [],
  );
});

it('a vendor is named only in its own folder', () => {
  const vendors = ['deepgram', 'elevenlabs', 'openai', 'ollama', 'anthropic', 'twilio', 'vonage', 'livekit'];
  // An API names what its wire format names; pages and docs of the socket name the protocol they speak.
  const exempt = (file: string) =>
    file.startsWith('apis/') || file === 'edge/media-messages.ts' || file === 'providers/kit/chat-completions.ts';
  const named = sources
    .filter((file) => !exempt(file))
    .flatMap((file) =>
      vendors
        .filter(
          (vendor) =>
            read(file).toLowerCase().includes(vendor) &&
            !file.startsWith(`providers/${vendor}/`) &&
            !file.startsWith(`carriers/${vendor}/`) &&
            file !== 'providers/catalog.ts' &&
            file !== 'carriers/catalog.ts',
        )
        .map((vendor) => `${file} names ${vendor}`),
    );
  assert.deepEqual(named, []);
});

it('no file has outgrown one reading', () => {
  assert.deepEqual(
    files.filter((file) => read(file).split('\n').length > 500),
    [],
  );
});

it('paths named in the docs exist', () => {
  const docs = globSync('{README.md,docs/**/*.md}', { cwd: join(root, '..') });
  const missing = docs.flatMap((doc) =>
    [...readFileSync(join(root, '..', doc), 'utf8').matchAll(/`((?:src|test|bench|docs)\/[\w./-]+)`/g)]
      .map((match) => match[1]!)
      .filter((path) => globSync(path, { cwd: join(root, '..') }).length === 0)
      .map((path) => `${doc}: ${path}`),
  );
  assert.deepEqual(missing, []);
});
