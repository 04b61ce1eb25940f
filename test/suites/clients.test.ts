import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server.ts';

// The generated clients. The examples of the API references are in reference-examples.test.ts.

const run = (program: string, args: string[], options: object = {}) =>
  promisify(execFile)(program, args, { encoding: 'utf8', timeout: 60_000, ...options });
const ROOT = join(import.meta.dirname, '..', '..');
const JS = join(ROOT, 'clients', 'js', 'dist');
const PYTHON = join(ROOT, 'clients', 'python', 'dist');

describe('clients', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-clients-'));
  let server: TestServer;
  before(async () => {
    await run(process.execPath, [join(ROOT, 'clients', 'build', 'build.ts')]);
    server = await startServer();
  });
  after(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });

  const javascript = async (text: string, env: Record<string, string> = {}, name = 'example.cjs') => {
    const path = join(dir, name);
    writeFileSync(path, text);
    const { stdout } = await run(process.execPath, [path], { env: { ...process.env, NODE_PATH: JS, ...env } });
    return stdout;
  };
  const python = async (text: string, env: Record<string, string> = {}) => {
    const path = join(dir, 'example.py');
    writeFileSync(path, text);
    const modules = readdirSync(PYTHON).map((name) => join(PYTHON, name));
    const { stdout } = await run('python3', [path], {
      env: { ...process.env, PYTHONPATH: modules.join(delimiter), PYTHONDONTWRITEBYTECODE: '1', ...env },
    });
    return stdout;
  };

  it('an error reply is an error of its own class, in both languages', async () => {
    const printed = await javascript(
      `import { SalesAgentClient, NotFoundError, AuthenticationError } from '${JS}/@trunkline/sales-agent/index.mjs';
const client = new SalesAgentClient({ baseUrl: '${server.url}', apiKey: '${server.key}' });
const caught = (call) => call.catch((error) => error);
const error = await caught(client.agents.get('agent_none'));
console.log(error instanceof NotFoundError, error.status, error.message !== '');
const stranger = new SalesAgentClient({ baseUrl: '${server.url}', apiKey: 'wrong' });
const other = await caught(stranger.agents.list());
console.log(other instanceof AuthenticationError, other.status);`,
      {},
      'errors.mjs',
    );
    assert.equal(printed, 'true 404 true\ntrue 401\n');
    const said = await python(`import asyncio
from trunkline_orchestrator import AsyncOrchestratorClient, BadRequestError

async def main():
    client = AsyncOrchestratorClient("${server.url}", "${server.key}")
    try:
        await client.calls.initiate(phone_number="nonsense")
    except BadRequestError as error:
        print(error.status, error.code, error)

asyncio.run(main())
`);
    assert.equal(said, '400 VALIDATION_ERROR Invalid phone number format\n');
  });

  it('every record of a list is read, page after page', async () => {
    const names = Array.from({ length: 5 }, (_, n) => `Paged ${n}`);
    for (const name of names) {
      const { status } = await server.request('POST', '/v1/convai/agents', { name, system_prompt: 'You answer.' });
      assert.equal(status, 200);
    }
    const read = await javascript(`(async () => {
const { SalesAgentClient } = require('@trunkline/sales-agent');
const client = new SalesAgentClient({ baseUrl: '${server.url}', apiKey: '${server.key}' });
for await (const { name } of client.agents.iterate({ limit: 2 })) console.log(name);
})();`);
    const inPython = await python(`from trunkline_sales_agent import SalesAgentClient
for agent in SalesAgentClient("${server.url}", "${server.key}").agents.iterate({"limit": 2}):
    print(agent["name"])
`);
    const paged = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('Paged '))
        .toSorted();
    assert.deepEqual(paged(read), names);
    assert.deepEqual(paged(inPython), names);
  });

  it('a record is created once although its first reply is lost; what has no key is not repeated', async () => {
    const seen: (string | undefined)[] = [];
    const broken = createServer((request, reply) => {
      seen.push(`${request.method} ${request.headers['idempotency-key'] === undefined ? 'no key' : 'key'}`);
      if (seen.length === 1) request.socket.destroy();
      else reply.setHeader('content-type', 'application/json').end('{"agent_id":"agent_1"}');
    });
    await new Promise<void>((done) => broken.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
    const printed = await javascript(`(async () => {
const { SalesAgentClient, ConnectionError } = require('@trunkline/sales-agent');
const client = new SalesAgentClient({ baseUrl: '${url}', apiKey: 'k' });
console.log((await client.agents.create({ name: 'One', system_prompt: 'You answer.' })).agent_id);
})();`);
    assert.equal(printed, 'agent_1\n');
    assert.deepEqual(seen, ['POST key', 'POST key']);
    seen.length = 0;
    const failed = await javascript(`(async () => {
const { OrchestratorClient, ConnectionError } = require('@trunkline/orchestrator');
const client = new OrchestratorClient({ baseUrl: '${url}', apiKey: 'k' });
const error = await client.providers.switch({ provider: 'twilio' }).catch((error) => error);
console.log(error instanceof ConnectionError);
})();`);
    broken.close();
    assert.equal(failed, 'true\n');
    assert.equal(seen.length, 1);
  });

  it('a socket goes on behind its last event after the connection is lost', async () => {
    const printed = await javascript(`(async () => {
const VoiceAgentClient = require('voice-agent-client');
const sockets = [];
class Watched extends WebSocket { constructor(url) { super(url); sockets.push(this); } }
const client = new VoiceAgentClient({ baseUrl: '${server.url}', apiKey: '${server.key}', WebSocket: Watched });
const stream = client.streamCalls();
await new Promise((open) => sockets[0].addEventListener('open', open));
const first = await client.calls.createOutbound({ toNumber: '+15005550005' });
const seen = [];
for await (const message of stream) {
  seen.push(message.event + ' ' + message.call_id);
  if (seen.length === 1) sockets.at(-1).close();
  if (message.event === 'call_ended') break;
}
stream.close();
console.log(sockets.length > 1, new Set(seen).size === seen.length, seen.length);
process.exit(0);
})();`);
    assert.match(printed, /^true true [2-9]/);
  });

  it('says that the runtime has no WebSocket before a call is placed whose events would be missed', async () => {
    const printed = await javascript(`
delete globalThis.WebSocket;
const { OrchestratorClient } = require('@trunkline/orchestrator');
const client = new OrchestratorClient({ baseUrl: '${server.url}', apiKey: '${server.key}' });
try { client.streamEvents(); } catch (error) { console.log(error.message); }
`);
    assert.match(printed, /^This runtime has no WebSocket/);
  });

  it('JavaScript asks for nothing of Node, and Python for nothing newer than 3.9', async () => {
    for (const file of globSync('**/*.{mjs,cjs}', { cwd: JS }))
      assert.doesNotMatch(readFileSync(join(JS, file), 'utf8'), /\bfrom '|\brequire\(|\bnode:|\bBuffer\b/, file);
    await python(`import ast, glob
for path in glob.glob("${PYTHON}/**/*.py", recursive=True):
    ast.parse(open(path).read(), path, feature_version=(3, 9))
`);
  });

  it('the types of every package compile, with the examples', async () => {
    const source = `import VoiceAgentClient from '${JS}/voice-agent-client/index.mjs';
import VocelioAPI from '${JS}/@vocelio/api-client/index.mjs';
import { SalesAgentClient, RateLimitError } from '${JS}/@trunkline/sales-agent/index.mjs';
import { OrchestratorClient } from '${JS}/@trunkline/orchestrator/index.mjs';
import { CampaignsClient } from '${JS}/@trunkline/campaigns/index.mjs';
const api = new CampaignsClient({ baseUrl: 'http://localhost:3025', apiKey: 'k' });
export const created: Promise<{ id: string }> = api.campaign.create.mutate({ name: 'n', script: 's' });
// @ts-expect-error: the name is a text
void api.campaign.create.mutate({ name: 1 });
const client = new VoiceAgentClient({ baseUrl: 'http://localhost:8000/api/v1', apiKey: 'k' });
export const total: Promise<number> = client.calls.getAllActive().then((active) => active.total);
// @ts-expect-error: the number is a text
void client.calls.createOutbound({ toNumber: 1 });
// @ts-expect-error: there is no such method
void client.calls.createNothing();
export const made = [new VocelioAPI(), new SalesAgentClient(), new OrchestratorClient(), RateLimitError];
`;
    writeFileSync(join(dir, 'types.mts'), source);
    const tsc = join(ROOT, 'tools', 'node_modules', '.bin', 'tsc');
    const options = '--noEmit --strict --skipLibCheck false --target es2023 --lib es2023,dom --module nodenext'.split(
      ' ',
    );
    await run(tsc, ['--ignoreConfig', ...options, '--types', '', join(dir, 'types.mts')], { cwd: dir }).catch(
      (error: { stdout: string }) => assert.fail(error.stdout),
    );
  });
});
