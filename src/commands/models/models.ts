import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { inspectConfig } from '#config/config.ts';
import { MODEL_FILE, MODEL_NAME, modelsIn } from '#providers/sherpa/installed-models.ts';
import { MODELS, type CatalogueModel } from './model-catalogue.ts';
import { bytesOf, pull } from './pull.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const HELP = `Models of speech that run on this machine.

  npm run models                       what there is, and what is installed
  npm run models -- pull NAME          shows the licence, asks, and downloads
      --yes                            accepts the licence without a question
      --from ADDRESS_OR_FOLDER         takes the files from there; the checksums stay the same
  npm run models -- remove NAME

A running server uses what changed after its next start.`;

const MB = 1024 * 1024;
const inMb = (bytes: number) => `${Math.ceil(bytes / MB)} MB`;
const DOES = { listens: 'listens', streams: 'listens', speaks: 'speaks' };

/** @returns the exit code */
export async function modelsCommand(env: Environment, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { yes: { type: 'boolean', default: false }, from: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [action = 'list', name, ...more] = positionals;
  const folder = inspectConfig(env).modelsDir;
  if (!values.help && more.length === 0) {
    if (action === 'list' && name === undefined) return list(folder);
    if (action === 'remove' && name !== undefined) return remove(folder, name);
    if (action === 'pull' && name !== undefined) return pullNamed(folder, name, values.yes, values.from);
  }
  console.log(HELP);
  return values.help ? 0 : 1;
}

function list(folder: string): number {
  const { models, broken } = modelsIn(folder);
  const installed = new Set(models.map(({ name }) => name));
  for (const one of MODELS)
    console.log(
      row(one.name, DOES[one.does], one.language, installed.has(one.name) ? 'installed' : inMb(bytesOf(one))),
    );
  for (const { name, does, language } of models)
    if (!MODELS.some((one) => one.name === name)) console.log(row(name, DOES[does], language, 'installed'));
  for (const { name, why } of broken) console.log(`${name} cannot be used: ${why}`);
  console.log(`\nFolder: ${folder}`);
  return 0;
}

const row = (name: string, does: string, language: string, state: string) =>
  `${name.padEnd(24)}${does.padEnd(10)}${language.padEnd(8)}${state}`;

async function remove(folder: string, name: string): Promise<number> {
  if (!MODEL_NAME.test(name) || !existsSync(join(folder, name, MODEL_FILE))) {
    console.error(`${name} is not installed in ${folder}.`);
    return 1;
  }
  await rm(join(folder, name), { recursive: true });
  console.log(`${name} is removed.`);
  return 0;
}

async function pullNamed(folder: string, name: string, yes: boolean, mirror: string | undefined): Promise<number> {
  const model = MODELS.find((one) => one.name === name);
  if (!model) {
    console.error(`There is no model ${name}. There are: ${MODELS.map((one) => one.name).join(', ')}.`);
    return 1;
  }
  show(model);
  if (!yes && !(await isAccepted())) return 1;
  await pull(model, { folder, progress: progressBar(), ...(mirror === undefined ? {} : { mirror }) });
  console.log(`${name} is installed in ${join(folder, name)}. A running server uses it after its next start.`);
  return 0;
}

function show(model: CatalogueModel): void {
  console.log(`${model.title} (${DOES[model.does]}, ${model.language}), ${inMb(bytesOf(model))}`);
  console.log(`Licence: ${model.licence}`);
  for (const page of model.licencePages) console.log(`         ${page}`);
  for (const { url, bytes, sha256 } of model.downloads)
    console.log(`From:    ${url}\n         ${bytes} bytes, SHA-256 ${sha256}`);
}

async function isAccepted(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.error('Add --yes to accept the licence.');
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question('Accept the licence and download? [y/N] ');
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** On a terminal a line that changes, else a line for each tenth. */
function progressBar(): (file: string, have: number, all: number) => void {
  let said = '';
  return (file, have, all) => {
    const percent = Math.floor((have / all) * (process.stdout.isTTY ? 100 : 10)) * (process.stdout.isTTY ? 1 : 10);
    const line = `${file}: ${percent} % of ${inMb(all)}`;
    if (line === said) return;
    said = line;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${have === all ? '\n' : ''}`);
    else console.log(line);
  };
}
