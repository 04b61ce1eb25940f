import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, until, type TestServer } from '../support/server.ts';

const MB = 2 ** 20;
const BOUNDARY = 'boundary-of-the-test';
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="hours.txt"\r\nContent-Type: text/plain\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

describe('an upload', () => {
  let server: TestServer;
  let free = Number.MAX_SAFE_INTEGER;
  let path: string;
  before(async () => {
    server = await startServer({}, { freeBytes: () => Promise.resolve(free) });
    const { body } = await server.request('POST', '/v1/convai/agents', { name: 'Ada' });
    path = `/v1/convai/agents/${String(body['agent_id'])}/knowledge-base`;
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  /** An upload whose body is sent in parts. */
  function begin(): {
    request: ClientRequest;
    reply: Promise<{ status: number; headers: IncomingMessage['headers'] }>;
  } {
    const request = httpRequest(server.url + path, {
      method: 'POST',
      headers: { 'xi-api-key': server.key, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    });
    const reply = new Promise<{ status: number; headers: IncomingMessage['headers'] }>((done, fail) => {
      request.on('error', fail);
      request.on('response', (response) => {
        response.resume();
        response.on('end', () => done({ status: response.statusCode!, headers: response.headers }));
      });
    });
    return { request, reply };
  }
  const staged = () => readdirSync(join(server.filesDir, '.partial')).length;
  const documents = async () => (await server.request('GET', path)).body['documents'] as unknown[];

  it('is the fourth at once of its organization: refused before its body is read, and taken when there is room again', async () => {
    const slow = Array.from({ length: 3 }, begin);
    for (const { request } of slow) request.write(`${HEAD}We are open`);
    await until('three uploads under way', 20_000, () => staged() === 3 || null);
    const fourth = begin();
    fourth.request.write(HEAD);
    const refused = await fourth.reply;
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    fourth.request.destroy();
    assert.equal(staged(), 3);
    for (const [n, { request }] of slow.entries()) request.end(` on day ${n}.${TAIL}`);
    for (const { reply } of slow) assert.ok((await reply).status < 300);
    assert.equal(staged(), 0);
  });

  it('that breaks off leaves nothing', async () => {
    const { request, reply } = begin();
    request.write(`${HEAD}We are`);
    await until('the upload to be under way', 20_000, () => staged() === 1 || null);
    request.destroy();
    await assert.rejects(reply);
    await until('nothing to be left', 20_000, () => staged() === 0 || null);
  });

  it('that the disk has no room for is refused with 507, and leaves nothing', async () => {
    const before = (await documents()).length;
    free = 10 * MB;
    // The server looks at the disk from time to time.
    await until('a refusal', 20_000, async () => {
      const { request, reply } = begin();
      request.end(`${HEAD}We are closed today.${TAIL}`);
      return (await reply).status === 507 || null;
    });
    assert.equal(staged(), 0);
    assert.ok((await documents()).length <= before + 1);
  });
});
