import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { CARRIERS } from '#carriers/catalog.ts';
import { ROLES, VARIABLES } from '#config/config.ts';
import type { Block } from './document-code.ts';
import { ROOT } from './process.ts';

// What is wrong with a block of a page that cannot be run, such as one that needs Docker or an account.

interface Yaml {
  parseAllDocuments(text: string): readonly { readonly errors: readonly Error[] }[];
}
const yaml = createRequire(join(ROOT, 'tools', 'package.json'))('yaml') as Yaml;

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
const COMMANDS = new Set(['start', 'demo', 'call', 'admin', 'models', 'doctor']);
const KNOWN = new Set([
  ...VARIABLES,
  ...CARRIERS.flatMap(({ fields }) => fields.flatMap(({ environment }) => environment ?? [])),
  // Of the compose file.
  'POSTGRES_PASSWORD',
]);
/** npm's own. */
const OF_NPM = new Set(['ci', 'install', 'test', 'start']);

const found = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map((match) => match.slice(1).find((group) => group !== undefined)!);

function shell(text: string): readonly string[] {
  const { status, stderr } = spawnSync('bash', ['-n', '-c', text], { encoding: 'utf8' });
  const code = text.replace(/ #.*$/gm, '');
  return [
    ...(status === 0 ? [] : [stderr.trim()]),
    ...found(code, /\bnpm run ([\w-]+)/g)
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `there is no npm run ${name}`),
    ...found(code, /\bnpm (?!run )([\w-]+)/g)
      .filter((name) => !OF_NPM.has(name))
      .map((name) => `npm ${name} is not known`),
    ...found(code, /\bnpx trunkline ([\w-]+)/g)
      .filter((name) => !COMMANDS.has(name))
      .map((name) => `trunkline has no command ${name}`),
    ...found(code, /--role (\w+)/g)
      .filter((role) => !(ROLES as readonly string[]).includes(role))
      .map((role) => `there is no role ${role}`),
    ...found(code, /(?:^|\s)((?:deploy|clients|docs|test)\/[\w./-]*\.\w+)/g)
      .filter((path) => !existsSync(join(ROOT, path)) && !path.endsWith('/.env'))
      .map((path) => `there is no ${path}`),
    ...found(code, /\b([A-Z][A-Z_]*[A-Z])=/g)
      .filter((name) => !KNOWN.has(name))
      .map((name) => `no server reads ${name}`),
  ];
}

function json(text: string): readonly string[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function typescript(text: string): readonly string[] {
  try {
    stripTypeScriptTypes(text);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

const NODE = String.raw`\w+(?:\(\["[^"]+"\]\)|\["[^"]+"\]|\[\("[^"]+"\)\])?`;
const EDGE = new RegExp(String.raw`^ +${NODE} <?-->(?:\|"[^"]+"\|)? ${NODE}$`);

function mermaid(text: string): readonly string[] {
  const [head, ...lines] = text.trimEnd().split('\n');
  return [
    ...(/^flowchart (?:LR|TB)$/.test(head!) ? [] : [`no drawing begins with ${head}`]),
    ...lines.filter((line) => !EDGE.test(line)).map((line) => `no edge: ${line}`),
  ];
}

/** A site with directives that we use. */
const caddyfile = (text: string): readonly string[] =>
  /^[\w.-]+ \{\n(?:\treverse_proxy [\w.]+:\d+\n)+\}\n$/.test(text) ? [] : ['no site with a proxy'];

const LINTS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  sh: shell,
  json,
  ts: typescript,
  yaml: (text) => yaml.parseAllDocuments(text).flatMap(({ errors }) => errors.map(String)),
  mermaid,
  caddyfile,
};

/** Prompts and talks of these pages are held by tests of their own. */
const HELD: Readonly<Record<string, string>> = {
  'docs/offline-agent.md': 'src/providers/offline/dialogue/documented.test.ts',
};
const OF_TALKS = new Set(['prompt', 'talk']);

/** What is wrong with it; a block in a language that has no lint is wrong. */
export function problemsOf({ page, language, text }: Block): readonly string[] {
  const elsewhere = OF_TALKS.has(language) ? HELD[page] : undefined;
  if (elsewhere !== undefined) return existsSync(join(ROOT, elsewhere)) ? [] : [`${elsewhere} is gone`];
  const lint = LINTS[language];
  return lint ? lint(text) : [`a block in "${language}" is neither run nor linted`];
}
