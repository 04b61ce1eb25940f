import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as examples from '../support/reference-examples.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Every example of the API references runs as it stands there. What stands for the reader's own is filled in: the
// address of the server, the key or token, and ids that the reader has.

const ROOT = join(import.meta.dirname, '..', '..');
const JS = join(ROOT, 'clients', 'js', 'dist');
const PYTHON = join(ROOT, 'clients', 'python', 'dist');
/** A Python with the package requests, which three examples use. */
const WITH_REQUESTS = [join(ROOT, '.cache', 'moto', 'bin', 'python3')].find((path) => existsSync(path)) ?? null;
const PASSWORD = 'password of Ann';
const needsRequests = WITH_REQUESTS === null ? { skip: 'the Python package requests is not installed' } : {};

const run = (program: string, args: string[], env: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)(program, args, { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...env } });

describe('examples of the references', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-examples-'));
  let server: TestServer;
  let agent = '';
  let token = '';
  before(async () => {
    await run(process.execPath, [join(ROOT, 'clients', 'build', 'build.ts')]);
    server = await startServer();
    agent = String((await server.request('POST', '/v1/convai/agents', { name: 'Ada' })).body['agent_id']);
    const user = { email: 'user@example.com', name: 'Ann', role: 'manager', password: PASSWORD };
    assert.equal((await server.request('POST', '/api/users', user)).status, 200);
    const { body } = await server.request('POST', '/api/auth/login', { email: user.email, password: PASSWORD });
    token = (body['data'] as { token: string }).token;
  });
  // A call that goes on would take the time of the next example.
  afterEach(async () => {
    for (const { sid } of await server.database('select sid from calls where ended_at is null'))
      await server.request('POST', `/v1/convai/calls/${String(sid)}/end`, {});
  });
  after(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });

  /** With what is the reader's own. */
  const own = (text: string): string =>
    text
      .replace(/http:\/\/localhost:\d+/g, server.url)
      .replace(/your[_-]api[_-]key/g, server.key)
      .replaceAll('agent_123', agent);
  const script = async (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return (await run(process.execPath, [path], { NODE_PATH: JS, TRUNKLINE_URL: server.url })).stdout;
  };
  const inAsync = (text: string, end = '') => `(async () => {\n${text}${end}})();`;
  const python = async (text: string, program = 'python3') => {
    const path = join(dir, 'example.py');
    writeFileSync(path, text);
    const modules = readdirSync(PYTHON).map((name) => join(PYTHON, name));
    const env = { PYTHONPATH: modules.join(delimiter), PYTHONDONTWRITEBYTECODE: '1', TRUNKLINE_URL: server.url };
    return (await run(program, [path], env)).stdout;
  };

  it('call-center in Python and JavaScript: what the one makes, the other lists', async () => {
    const id = await python(`${own(examples.pythonCallCenter)}print(campaign['data']['campaign_id'])\n`);
    const listed = await script(
      'call-center.cjs',
      inAsync(own(examples.javascriptCallCenter), 'console.log(JSON.stringify(campaigns));\n'),
    );
    assert.ok(listed.includes(id.trim()), listed);
  });

  it('call-center by curl', async () => {
    const [signIn, ask] = examples.curlCallCenter
      .replaceAll('https://api.vocelio.ai', server.url)
      .replace('"password":"password"', `"password":"${PASSWORD}"`)
      .split('\n\n') as [string, string];
    const { stdout } = await run('bash', ['-c', signIn]);
    const { token: given } = (JSON.parse(stdout) as { data: { token: string } }).data;
    const campaigns = await run('bash', ['-c', ask.replace('YOUR_JWT_TOKEN', given)]);
    assert.equal((JSON.parse(campaigns.stdout) as { success: boolean }).success, true);
  });

  /** How many calls to the number of the examples an example places. */
  const placedBy = async (example: () => Promise<void>): Promise<number> => {
    const count = async () =>
      Number((await server.database("select count(*) n from calls where to_number = '+1234567890'"))[0]!['n']);
    const before = await count();
    await example();
    return (await count()) - before;
  };

  it('customer-service in Python and JavaScript', async () => {
    const placed = await placedBy(async () => {
      assert.match(await python(own(examples.pythonCustomerService)), /^Active calls: \d+\n$/);
      const printed = await script('customer-service.cjs', inAsync(own(examples.javascriptCustomerService)));
      assert.match(printed, /^Active calls: \d+\n$/);
    });
    assert.equal(placed, 2);
  });

  it('sales-agent in Python', needsRequests, async () => {
    const printed = await python(own(examples.pythonSalesAgent), WITH_REQUESTS!);
    assert.match(printed, /^Call started: CA\w+\nResponse time: (?:\d+(?:\.\d+)?|None)ms\n$/);
  });

  it('sales-agent in JavaScript and by curl', async () => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agent,
      to_number: '+15005550005',
    });
    await server.untilEnded(String(body['call_sid']));
    assert.match(await script('sales-agent.cjs', own(examples.javascriptSalesAgent)), /^\S+: completed\n/);
    const { stdout } = await run('bash', ['-c', own(examples.curlSalesAgent)]);
    assert.equal((JSON.parse(stdout) as { name: string }).name, 'Ada');
  });

  it('orchestrator in JavaScript, on a page of the server, and in Python', needsRequests, async () => {
    const onPage = own(examples.javascriptOrchestrator).replace("fetch('/voice", `fetch('${server.url}/voice`);
    const printed = await script(
      'orchestrator.mjs',
      `const token = '${token}';\n${onPage}\nconsole.log(JSON.stringify(await makeApiCall()));`,
    );
    assert.equal((JSON.parse(printed) as { success: boolean }).success, true);
    const said = await python(
      `token = "${token}"\n${own(examples.pythonOrchestrator)}\nprint(make_api_call()["success"])\n`,
      WITH_REQUESTS!,
    );
    assert.equal(said, 'True\n');
  });

  it('orchestrator by socket', async () => {
    const [open, signIn, messages] = [
      examples.socketOrchestrator.replace('ws://localhost:3000', server.url.replace('http', 'ws')),
      examples.socketSignInOrchestrator.replace('your-jwt-token', token),
      examples.socketMessagesOrchestrator,
    ];
    const printed = await script(
      'socket.mjs',
      `${open}
const received = (type) => new Promise((done) =>
  ws.addEventListener('message', ({ data }) => JSON.parse(data).type === type && done()));
const subscribed = received('subscribed');
const signedIn = received('auth.success');
await new Promise((done) => ws.addEventListener('open', done));
${signIn}
await signedIn;
${messages}
await subscribed;
ws.close();`,
    );
    assert.match(
      printed,
      /^Connected to WebSocket\n[^]*'auth\.success'[^]*'subscribed'[^]*Disconnected from WebSocket\n$/,
    );
  });

  it('campaigns in TypeScript, with our client as @/utils/api, and in Python', needsRequests, async () => {
    const client = join(JS, '@trunkline', 'campaigns', 'index.mjs');
    writeFileSync(
      join(dir, 'api.mjs'),
      `import { CampaignsClient } from '${client}';
export const api = new CampaignsClient({ baseUrl: '${server.url}', apiKey: '${server.key}' });
`,
    );
    const text = examples.typescriptCampaigns.replace('@/utils/api', './api.mjs');
    const printed = await script('campaigns.mjs', `${text}\nconsole.log(JSON.stringify([campaign, result]));`);
    assert.match(printed, /My Campaign/);
    const shown = 'print(response.status_code, response.json()["result"]["data"]["success"])\n';
    assert.equal(await python(`${own(examples.pythonCampaigns)}${shown}`, WITH_REQUESTS!), '200 True\n');
  });
});
