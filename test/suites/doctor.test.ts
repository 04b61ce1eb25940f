import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { examine } from '../../src/commands/doctor/doctor.ts';
import type { Finding } from '../../src/commands/doctor/finding.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { putVoice } from '../support/made-models.ts';
import { freePort, ROOT } from '../support/process.ts';
import { startServer, type TestServer } from '../support/server.ts';

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-doctor-'));
  dirs.push(dir);
  return dir;
};
after(() => {
  for (const dir of dirs) deleteDataDir(dir);
});

const of = (findings: readonly Finding[], check: string): Finding => {
  const found = findings.find((one) => one.check === check);
  assert.ok(found, `there is no ${check} among ${findings.map((one) => one.check).join(', ')}`);
  return found;
};
const stateOf = (findings: readonly Finding[], check: string) => of(findings, check).status;
/** Of warnings and problems, which name a remedy. */
const troubles = (findings: readonly Finding[]) =>
  findings.filter(({ status }) => status === 'problem' || status === 'warning');

describe('doctor, while a server runs', () => {
  let server: TestServer;
  let env: Record<string, string>;
  before(async () => {
    server = await startServer();
    const port = new URL(server.url).port;
    env = { DATA_DIR: dirname(server.knowledgeDir), PORTS: port, API_SECRET_KEY: server.key, PUBLIC_URL: server.url };
  });
  after(() => server.close());

  it('finds nothing wrong, and leaves the server as it is', async () => {
    const findings = await examine(env);
    assert.deepEqual(
      findings.filter(({ status }) => status === 'problem'),
      [],
    );
    for (const check of ['Node', 'DATA_DIR', 'database', 'clock', 'migrations', 'ENCRYPTION_KEY', 'PUBLIC_URL'])
      assert.equal(stateOf(findings, check), 'ok', check);
    assert.equal(of(findings, `port ${env['PORTS']}`).detail, 'Trunkline answers on it');
    assert.match(of(findings, 'answers').detail, /no opening words \(ANSWERS_OPENING_MS\)/);
    assert.equal((await server.request('GET', '/health')).status, 200);
  });

  it('notices a key that is not the one of the database', async () => {
    const findings = await examine({ ...env, ENCRYPTION_KEY: 'another key of some length' });
    assert.equal(stateOf(findings, 'ENCRYPTION_KEY'), 'problem');
  });

  it('tests a carrier whose settings are stored', async () => {
    const settings = { url: `http://127.0.0.1:${await freePort()}/calls`, token: 'token-of-the-carrier' };
    const saved = await server.request('PUT', '/voice/providers/generic-http/settings', { settings });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
    const findings = await examine(env);
    assert.equal(stateOf(findings, 'Generic HTTP'), 'problem', JSON.stringify(findings));
    assert.match(of(findings, 'PUBLIC_URL').detail, /no address that a carrier reaches/);
    assert.doesNotMatch(JSON.stringify(findings), /token-of-the-carrier/);
  });
});

describe('doctor, while no server runs', () => {
  it('names each fault with its remedy, and no secret', async () => {
    const blocker = createServer().listen(0, '127.0.0.1').unref();
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const closed = await freePort();
    const secret = 'secret-of-this-test';
    const findings = await examine({
      DATA_DIR: freshDir(),
      PORTS: String(port),
      DATABASE_URL: `postgres://ann:${secret}@127.0.0.1:${closed}/calls`,
      REDIS_URL: `redis://:${secret}@127.0.0.1:${closed}`,
      FILES_URL: 's3://bucket/prefix',
      S3_ENDPOINT: `http://127.0.0.1:${closed}`,
      AWS_ACCESS_KEY_ID: secret,
      AWS_SECRET_ACCESS_KEY: secret,
      OPENAI_API_KEY: secret,
      OPENAI_BASE_URL: `http://127.0.0.1:${closed}/v1`,
      TWILIO_ACCOUNT_SID: `AC${secret}`,
    });
    blocker.close();
    for (const [check, status] of [
      [`port ${port}`, 'problem'],
      ['database', 'problem'],
      ['Redis', 'warning'],
      ['FILES_URL', 'problem'],
      ['openai', 'problem'],
      ['Twilio', 'warning'],
    ])
      assert.equal(stateOf(findings, check!), status, JSON.stringify(of(findings, check!)));
    for (const one of troubles(findings)) assert.ok(one.remedy && one.remedy.length > 10, JSON.stringify(one));
    assert.doesNotMatch(JSON.stringify(findings), new RegExp(secret));
  });

  it('looks into a stopped embedded database: applied by a newer version, or by an older one', async () => {
    const dataDir = freshDir();
    const change = async (text: string) => {
      const embedded = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
      const database = await openDatabase(embedded.connection, () => undefined, 1);
      await database.pool.query(text);
      await database.close();
      await embedded.stop();
    };
    await change("insert into migrations (name, checksum) values ('9999-of-a-newer-one.sql', '')");
    const newer = await examine({ DATA_DIR: dataDir, PORTS: '0' });
    assert.equal(stateOf(newer, 'database'), 'ok', JSON.stringify(newer));
    assert.match(of(newer, 'migrations').detail, /newer version: it has 9999-of-a-newer-one/);
    const embedded = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
    assert.equal(embedded.adopted, false, 'the database was left running');
    await embedded.stop();
  });

  it('loads the models of speech, and notices one that has changed', async () => {
    const models = freshDir();
    putVoice(join(models, 'hum'));
    mkdirSync(join(models, 'half'));
    const env = { DATA_DIR: freshDir(), PORTS: '0', MODELS_DIR: models };
    const well = await examine(env);
    assert.deepEqual([stateOf(well, 'model hum'), stateOf(well, 'sherpa')], ['ok', 'ok'], JSON.stringify(well));
    assert.match(of(well, 'model half').detail, /has no model\.json/);
    const about = join(models, 'hum', 'model.json');
    const files = { './hum.onnx': '0'.repeat(64) };
    writeFileSync(about, JSON.stringify({ ...(JSON.parse(readFileSync(about, 'utf8')) as object), files }));
    writeFileSync(join(models, 'hum', 'hum.onnx'), 'no model');
    const ill = await examine(env);
    assert.match(of(ill, 'model hum').detail, /has changed/);
    assert.match(of(ill, 'sherpa').detail, /the process of hum ended/);
  });

  it('is a command that ends with 1 where there is a problem', () => {
    const run = (env: Record<string, string>) =>
      spawnSync(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'doctor', '--json'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', ...env },
      });
    const wrong = run({ DATA_DIR: freshDir(), PORTS: 'none' });
    assert.equal(wrong.status, 1, wrong.stderr);
    const report = JSON.parse(wrong.stdout) as { ok: boolean; findings: Finding[] };
    assert.equal(report.ok, false);
    assert.match(of(report.findings, 'configuration').detail, /^PORTS must be port numbers/);
    assert.equal(run({ DATA_DIR: freshDir(), PORTS: '0' }).status, 0);
  });
});
