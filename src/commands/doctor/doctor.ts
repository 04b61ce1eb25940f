import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inspectConfig, SECRET, type Config } from '#config/config.ts';
import { checkFolders } from '../../app/folders.ts';
import { version } from '../../app/version.ts';
import { checkDatabase, type DatabaseFindings } from './database.ts';
import { contained, messageOf, problem, type Finding } from './finding.ts';
import { checkAnswers, checkConsole, checkFoldersOf, checkNode, checkPorts, folderProblems } from './machine.ts';
import { checkModels } from './models.ts';
import { checkBucket, checkCarriers, checkPublicUrl, checkRedis, checkVendors } from './services.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const ROOT = join(import.meta.dirname, '..', '..', '..');

const LAST_MS = 1000;

const HELP = `Says what is wrong with an installation, and how to mend it, whether the server runs or not.

  npm run doctor             what was looked at, one line each
  npm run doctor -- --json   the same as JSON

Ends with 1 if there is a problem, else with 0.`;

/** @returns the exit code */
export async function doctorCommand(env: Environment, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const findings = await examine(env);
  const problems = findings.filter(({ status }) => status === 'problem').length;
  const report = values.json
    ? JSON.stringify({ version: version(), ok: problems === 0, findings }, null, 2)
    : inLines(findings);
  console.log(report);
  // A check that hangs must not keep the command.
  setTimeout(() => process.exit(), LAST_MS).unref();
  return problems > 0 ? 1 : 0;
}

/** What every check found, without secrets. */
export async function examine(env: Environment): Promise<readonly Finding[]> {
  let config: Config;
  try {
    config = inspectConfig(env);
  } catch (error) {
    const wrong = messageOf(error)
      .split('\n')
      .map((line) => problem('configuration', line, 'Correct the variable; README.md lists all of them.'));
    const hide = hiding(env, []);
    return [...checkNode(), ...wrong].map((one) => hidden(one, hide));
  }
  const hide = hiding(env, [config.apiKey.value, config.encryptionKey.value]);
  const folders = await checkFolders(env).then(() => null, folderProblems);
  // Without a folder that can be written to, no embedded database can be looked at.
  const noDatabase: DatabaseFindings = { findings: [], carriers: null };
  const database = folders === null || config.databaseUrl !== null ? await databaseOf(config, noDatabase) : noDatabase;
  const carriers = await carriersOf(config, database);
  const [ports, disk, redis, bucket, models, vendors, publicUrl] = await Promise.all([
    contained('ports', () => checkPorts(config)),
    contained('DATA_DIR', () => (folders === null ? checkFoldersOf(config) : Promise.resolve(folders))),
    contained('Redis', () => checkRedis(config)),
    contained('FILES_URL', () => checkBucket(config)),
    contained('models', () => checkModels(config)),
    contained('vendors', () => checkVendors(config)),
    contained('PUBLIC_URL', () => checkPublicUrl(config, carriers.configured)),
  ]);
  const all = [
    checkNode(),
    checkConsole(ROOT),
    ports,
    disk,
    database.findings,
    redis,
    bucket,
    models,
    vendors,
    checkAnswers(config),
    carriers.findings,
    publicUrl,
  ];
  return all.flat().map((one) => hidden(one, hide));
}

/** What a check yields beside its findings, or nothing where it fails. */
async function databaseOf(config: Config, none: DatabaseFindings): Promise<DatabaseFindings> {
  let found = none;
  const findings = await contained('database', async () => (found = await checkDatabase(config)).findings);
  return { ...found, findings };
}

async function carriersOf(config: Config, { carriers }: DatabaseFindings) {
  let configured: readonly string[] = [];
  const findings = await contained('carriers', async () => {
    const found = await checkCarriers(config, carriers);
    configured = found.configured;
    return found.findings;
  });
  return { findings, configured };
}

function inLines(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length)) + 2;
  const count = (status: Finding['status']) => findings.filter((one) => one.status === status).length;
  const lines = findings.map(({ status, check, detail, remedy }) =>
    [
      `${status.padEnd(9)}${check.padEnd(width)}${detail}`,
      ...(remedy === undefined ? [] : [`         -> ${remedy}`]),
    ].join('\n'),
  );
  return [...lines, '', `Problems: ${count('problem')}. Warnings: ${count('warning')}.`].join('\n');
}

const hidden = ({ check, status, detail, remedy }: Finding, hide: (text: string) => string): Finding => ({
  check,
  status,
  detail: hide(detail),
  ...(remedy === undefined ? {} : { remedy: hide(remedy) }),
});

const LEAST_SECRET = 6;

/** Takes every secret of the environment out of a text, also where a server's answer repeats it. */
function hiding(env: Environment, kept: readonly string[]): (text: string) => string {
  const values = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || !SECRET.test(name) ? [] : name.endsWith('_URL') ? passwordsIn(value) : [value],
  );
  const secrets = [...values, ...kept]
    .filter((value) => value.length >= LEAST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '********'), text);
}

function passwordsIn(address: string): readonly string[] {
  const { password = '' } = URL.parse(address) ?? {};
  return [password, decodeURIComponent(password)];
}
