import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ROLES, VARIABLES } from '#config/config.ts';
import { CARRIERS } from '#carriers/catalog.ts';
import { stagePackage } from '../../deploy/package.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { freePort, ROOT } from '../support/process.ts';

// The files that install Trunkline: they are well formed, agree with the configuration, and what they start, starts.

interface Yaml {
  parseAllDocuments(text: string): readonly { readonly errors: readonly Error[]; toJS(): unknown }[];
}
const yaml = createRequire(join(ROOT, 'tools', 'package.json'))('yaml') as Yaml;

const DEPLOY = join(ROOT, 'deploy');
const read = (path: string) => readFileSync(join(DEPLOY, path), 'utf8');
const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-deploy-'));
  dirs.push(dir);
  return dir;
};
after(() => {
  for (const dir of dirs) deleteDataDir(dir);
});

function documentsIn(path: string): readonly Record<string, unknown>[] {
  return yaml.parseAllDocuments(read(path)).map((document) => {
    assert.deepEqual(document.errors, [], path);
    return document.toJS() as Record<string, unknown>;
  });
}

/** Variables of others that our files set. */
const FOREIGN = new Set(['NODE_ENV']);
const OF_CARRIERS = CARRIERS.flatMap(({ fields }) => fields.flatMap(({ environment }) => environment ?? []));

function assertKnown(names: Iterable<string>, where: string): void {
  for (const name of names)
    assert.ok(
      VARIABLES.includes(name) || FOREIGN.has(name) || OF_CARRIERS.includes(name),
      `${where} sets ${name}, which no server reads`,
    );
}

/** The instructions of the last stage of a Dockerfile. */
function lastStage(): ReadonlyMap<string, readonly string[]> {
  const lines = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  const from = lines.findLastIndex((line) => line.startsWith('FROM '));
  const named = lines.slice(from).map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? assert.fail(line));
  return new Map(
    [...Map.groupBy(named, ([, name]) => name!)].map(([name, of]) => [name, of.map(([, , text]) => text!)]),
  );
}

const only = (stage: ReadonlyMap<string, readonly string[]>, name: string): string => {
  const found = stage.get(name) ?? [];
  assert.equal(found.length, 1, `the Dockerfile has ${found.length} ${name}`);
  return found[0]!;
};

/** Starts a command as a container would, asks it for health by the given check, and stops it. */
async function startsAndStops(command: readonly string[], cwd: string, healthy: (env: Env) => Promise<boolean>) {
  const env: Env = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/tmp',
    PORTS: String(await freePort()),
    DATA_DIR: freshDir(),
  };
  const [program, ...args] = command;
  const child = spawn(program === 'node' ? process.execPath : program!, args, { cwd, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  try {
    for (const until = Date.now() + 60_000; !(await healthy(env)); await new Promise((again) => setTimeout(again, 200)))
      assert.ok(Date.now() < until && child.exitCode === null, output);
  } finally {
    child.kill('SIGTERM');
  }
  assert.equal(await ended, 0, output);
}
type Env = Record<string, string>;

const answers = async ({ PORTS: port }: Env): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok ?? false;

describe('Docker', () => {
  const stage = lastStage();

  it('runs a pinned image as a user of its own, with a health check and signals that arrive', () => {
    for (const [, image] of read('Dockerfile').matchAll(/^FROM (\S+)/gm)) assert.match(image!, /:\d+\.\d[\w.-]*$/);
    assert.equal(only(stage, 'USER'), '1000');
    assert.equal(only(stage, 'STOPSIGNAL'), 'SIGTERM');
    for (const name of ['CMD', 'ENTRYPOINT']) assert.ok(Array.isArray(JSON.parse(only(stage, name))), name);
    assert.match(only(stage, 'HEALTHCHECK'), /--start-period=\d+s.* CMD \[/);
    assertKnown(
      only(stage, 'ENV')
        .split(' ')
        .map((pair) => pair.split('=')[0]!),
      'Dockerfile',
    );
    for (const path of ['node_modules', '.git', 'data'])
      assert.match(readFileSync(join(ROOT, '.dockerignore'), 'utf8'), new RegExp(`^(\\*\\*/)?${path}$`, 'm'));
  });

  it('starts, is found healthy and stops by the commands of the Dockerfile', async () => {
    const check = JSON.parse(/CMD (\[.*\])$/.exec(only(stage, 'HEALTHCHECK'))![1]!) as string[];
    assert.equal(spawnSync(process.execPath, check.slice(1), { cwd: ROOT, env: { PORTS: '1' } }).status, 1);
    await startsAndStops(JSON.parse(only(stage, 'CMD')) as string[], ROOT, (env) =>
      Promise.resolve(spawnSync(process.execPath, check.slice(1), { cwd: ROOT, env }).status === 0),
    );
  });

  it('is composed with its services', () => {
    const [{ services, volumes }] = documentsIn('compose.yaml') as [
      { services: Record<string, Record<string, unknown>>; volumes: object },
    ];
    assert.deepEqual(Object.keys(services).toSorted(), ['livekit', 'postgres', 'redis', 'trunkline']);
    const {
      environment,
      stop_grace_period: grace,
      depends_on: needs,
      build,
    } = services['trunkline'] as {
      environment: Env;
      stop_grace_period: string;
      depends_on: object;
      build: { dockerfile: string; context: string };
    };
    assertKnown(Object.keys(environment), 'compose.yaml');
    assert.ok(parseInt(grace, 10) > Number(environment['SHUTDOWN_GRACE_SECONDS']));
    for (const name of Object.keys(needs)) assert.ok(services[name]?.['healthcheck'], `${name} has no health check`);
    assert.ok(existsSync(join(DEPLOY, build.context, build.dockerfile)));
    for (const [name, { image, volumes: mounts }] of Object.entries(services)) {
      if (image !== undefined) assert.match(image as string, /:v?\d+\.\d+/, `${name} has no pinned version`);
      for (const mount of (mounts ?? []) as string[]) assert.ok(Object.hasOwn(volumes, mount.split(':')[0]!), mount);
    }
  });
});

interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown>;
}
interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
}
interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

describe('Kubernetes', () => {
  const [settings, secret] = documentsIn('kubernetes/settings.yaml') as [
    { data: Env },
    { kind: string; stringData: Env },
  ];
  const command = JSON.parse(only(lastStage(), 'CMD')) as string[];

  it('has settings that servers read, and every secret in a Secret', () => {
    assertKnown([...Object.keys(settings.data), ...Object.keys(secret.stringData)], 'settings.yaml');
    assert.doesNotMatch(Object.keys(settings.data).join(), /KEY|PASSWORD|SECRET|DATABASE/);
  });

  for (const role of ROLES)
    it(`runs the role ${role}, drains it, and keeps one while nodes are emptied`, () => {
      const all = documentsIn(`kubernetes/${role}.yaml`) as unknown as Manifest[];
      const of = (kind: string) => all.find((one) => one.kind === kind);
      const deployment = of('Deployment')!;
      const { selector, template } = deployment.spec as {
        selector: { matchLabels: Env };
        template: { metadata: { labels: Env }; spec: Pod };
      };
      assert.equal(deployment.apiVersion, 'apps/v1');
      assert.deepEqual(selector.matchLabels, template.metadata.labels);
      const pod = template.spec;
      const [container] = pod.containers as [Container];
      assert.deepEqual(container.args, [...command, '--role', role]);
      assert.equal(pod.securityContext.runAsNonRoot, true);
      const wait = Number(container.lifecycle.preStop.exec.command[1]);
      const grace = Number(settings.data['SHUTDOWN_GRACE_SECONDS']);
      assert.ok(pod.terminationGracePeriodSeconds > wait + grace, 'calls are cut off before their grace is over');
      assert.equal(container.readinessProbe.httpGet.path, '/health');
      assert.ok(container.ports.some(({ name }) => name === container.readinessProbe.httpGet.port));
      assertKnown(
        container.env.map(({ name }) => name),
        role,
      );
      for (const { name } of container.volumeMounts) assert.ok(pod.volumes.some((one) => one.name === name));
      const budget = of('PodDisruptionBudget')!.spec as { selector: { matchLabels: Env } };
      assert.deepEqual(budget.selector.matchLabels, template.metadata.labels);
      const service = of('Service');
      if (service) assert.deepEqual(service.spec['selector'], template.metadata.labels);
    });
});

describe('systemd', () => {
  it('starts the same command, with time to end calls', () => {
    const unit = read('systemd/trunkline.service');
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? assert.fail(name);
    const command = JSON.parse(only(lastStage(), 'CMD')) as string[];
    assert.equal(value('ExecStart'), `/usr/bin/env ${command.join(' ')}`);
    const environment = new Map(
      value('Environment')
        .split(' ')
        .map((pair) => pair.split('=') as [string, string]),
    );
    assertKnown(environment.keys(), 'trunkline.service');
    assert.ok(Number(value('TimeoutStopSec')) > Number(environment.get('SHUTDOWN_GRACE_SECONDS')));
    assert.notEqual(value('User'), 'root');
    for (const section of ['Unit', 'Service', 'Install']) assert.match(unit, new RegExp(`^\\[${section}\\]$`, 'm'));
  });
});

describe('the package', () => {
  it('runs from node_modules, without TypeScript', async () => {
    const dir = freshDir();
    const folder = join(dir, 'node_modules', 'trunkline');
    stagePackage(folder);
    assert.deepEqual(globSync('src/**/*.ts', { cwd: folder }), []);
    const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: Record<string, string> };
    // What an installation would put beside it.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    try {
      await startsAndStops(['node', join(folder, bin['trunkline']!)], dir, answers);
    } finally {
      rmSync(join(folder, 'node_modules'));
    }
  });
});
