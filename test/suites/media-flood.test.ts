import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { SocketCaller } from '../support/caller.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

const KEY = 'key-of-the-flooded-server';
const LONG =
  'Hello, this is Ada of the bakery by the river. We bake bread every morning from four to seven, and cakes on request. ' +
  'You can order by phone until noon, and fetch what you ordered on the same day until six in the evening.';
const TOO_MUCH = 1008;
/** Of the frames of the same words without a flood; a busy machine may drop a few of either. */
const LEAST_SHARE = 0.9;

/** Sends audio without a pause until the server closes the socket, and answers the code. */
function flood(url: string, bytesPerMessage: number, isOver: () => boolean): Promise<number> {
  const socket = new WebSocket(url);
  const payload = Buffer.alloc(bytesPerMessage, 0x3f).toString('base64');
  const message = JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { payload } });
  const send = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (isOver()) return socket.close(1000);
    for (let n = 0; n < 50 && socket.bufferedAmount < 2 ** 20; n++) socket.send(message);
    setImmediate(send);
  };
  return new Promise((done) => {
    socket.on('open', send);
    socket.on('error', () => undefined);
    socket.on('close', done);
  });
}

describe('a media socket that sends faster than real time', () => {
  const dir = newDataDir('flood');
  let server: ServerProcess;
  let agentId: string;
  before(async () => {
    server = new ServerProcess(await freePort(), {
      DATA_DIR: dir,
      API_SECRET_KEY: KEY,
      RATE_LIMIT_FACTOR: '1000',
      SHUTDOWN_GRACE_SECONDS: '1',
    });
    await server.untilHealthy();
    agentId = String((await api('POST', '/v1/convai/agents', { name: 'Ada', first_message: LONG }))['agent_id']);
  });
  after(async () => {
    await server.stop();
    deleteDataDir(dir);
  });

  const api = async (method: string, path: string, body?: object) => {
    const reply = await fetch(server.url + path, {
      method,
      headers: { 'xi-api-key': KEY },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await reply.json()) as Record<string, unknown>;
  };
  const webCall = async () => {
    // A server that is too busy for a further call says so, and is asked again.
    const { call_sid: sid, websocket_url: url } = await until('a web call', 30_000, async () => {
      const reply = await api('POST', '/v1/convai/web-calls', { agent_id: agentId });
      return 'websocket_url' in reply ? reply : null;
    });
    return { sid: String(sid), url: String(url) };
  };

  /** A call that listens to the whole of the first message: how many frames of it arrived. */
  async function listen(): Promise<number> {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    const transcript = async () => String((await api('GET', `/v1/convai/conversations/${sid}`))['transcript']);
    await until('the whole message to be heard', 120_000, async () => (await transcript()).includes(LONG));
    caller.send({ event: 'stop' });
    await until('the call to end', 20_000, () => caller.closed);
    assert.equal(caller.clears, 0, 'the agent was not interrupted');
    return caller.agent.length;
  }

  it('is dropped and then closed, and takes no frame from another call', async () => {
    const quiet = await listen();
    assert.ok(quiet > 400, `${quiet} frames`);
    let over = false;
    const codes: number[] = [];
    const keepFlooding = async (bytesPerMessage: number) => {
      while (!over) {
        const { sid, url } = await webCall();
        codes.push(await flood(url, bytesPerMessage, () => over));
        // The call of a lost socket waits for the next one, and would take one of the organization's places.
        await api('POST', `/v1/convai/calls/${sid}/end`, {});
      }
    };
    // In frames of 20 ms, and in the longest chunks.
    const floods = [keepFlooding(160), keepFlooding(160), keepFlooding(8000)];
    await until('a flood to be closed', 60_000, () => codes.includes(TOO_MUCH));
    const beside = await listen();
    over = true;
    await Promise.all(floods);
    assert.ok(beside >= quiet * LEAST_SHARE, `${beside} frames beside a flood, ${quiet} without one`);
    assert.match(server.output, /the audio comes faster than real time/);
    assert.doesNotMatch(server.output, /"level":50/);
  });
});
