import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { it } from 'node:test';

// Which folder may import which. Paths are relative to src; a folder not named here may not exist.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: ['core/kernel'],
  core: [],
  contracts: ['core/kernel', 'engine/contracts'],
  engine: ['core/kernel'],
  providers: [
    'core/ai-agents',
    'core/bookings',
    'core/kernel',
    'core/knowledge',
    'core/memory',
    'core/voices',
    'engine/contracts',
    'engine/audio',
  ],
  carriers: ['contracts', 'engine/contracts', 'engine/audio', 'core/kernel'],
  simulator: ['contracts', 'engine/contracts', 'engine/audio', 'core/kernel'],
  'agent-mind': ['core', 'engine'],
  recordings: ['core', 'engine/audio'],
  live: ['core', 'contracts', 'engine', 'agent-mind', 'recordings'],
  edge: ['core', 'contracts', 'live', 'engine/contracts', 'engine/audio', 'http'],
  store: ['core'],
  jobs: ['core', 'recordings'],
  metrics: ['core'],
  dialler: ['core'],
  documents: ['core/campaigns', 'core/knowledge', 'core/kernel'],
  secrets: ['core/kernel'],
  http: ['core/kernel'],
  apis: ['core'],
  pages: ['core', 'apis/kit', 'edge', 'recordings'],
  commands: ['*'],
  app: ['*'],
};

const ROOT_FILES = new Set(['main.ts', 'webassembly.d.ts']);
const CORE_LIBRARIES: readonly string[] = ['chrono-node/en'];

const root = join(import.meta.dirname, '..', 'src');
const files = globSync('**/*.ts', { cwd: root });
const sources = files.filter((file) => !file.endsWith('.test.ts'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const importsOf = (text: string) =>
  [...text.matchAll(/(?:\bfrom |\bimport |\bimport\(|new URL\()['"]([^'"]+)['"]/g)].map((match) => match[1]!);

const targetOf = (file: string, specifier: string): string =>
  specifier.startsWith('#') ? specifier.slice(1) : relative(root, resolve(root, dirname(file), specifier));

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
    const target = targetOf(file, specifier);
    const fine =
      target.startsWith(`${folder}/`) ||
      allowed.includes('*') ||
      allowed.some((one) => target === one || target.startsWith(`${one}/`));
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

/** A path of imports that leads back to its first file, type imports included; null when there is none. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return null;
}

it('no imports form a cycle, type imports included', () => {
  const graph = new Map(
    sources.map((file) => [
      file,
      importsOf(read(file))
        .filter((specifier) => /^[.#]/.test(specifier))
        .map((specifier) => targetOf(file, specifier)),
    ]),
  );
  assert.equal(findCycle(graph), null);
  assert.deepEqual(
    findCycle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b', 'c', 'b'],
  );
});

it('APIs and pages call verbs and views, never a store', () => {
  const callsStore = (text: string) => /\bcore\.store\b|\{[^{}\n]*\bstore\b[^{}\n]*\} = core\b/.test(text);
  assert.deepEqual(
    sources.filter((file) => /^(?:apis|pages)\//.test(file) && callsStore(read(file))),
    [],
  );
  assert.ok(callsStore('const { store, clock } = core;') && callsStore('await core.store.calls.byId(1)'));
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
