import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS, SILENCE } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { resample } from '#engine/audio/resampler.ts';
import { parseWav, wavFile } from '#engine/audio/wav.ts';

const HELP = `A caller from a recording, through the media socket of a running server.

  npm run call -- --wav FILE --agent ID [--url http://127.0.0.1:3025] [--key KEY] [--out DIR] [--before SECONDS] [--after SECONDS]

KEY defaults to API_SECRET_KEY, or the key kept in DATA_DIR.`;

/** Longest wait for the agent's last words once the recording has been played, s. */
const DEFAULT_AFTER = 12;
const AGENT_QUIET_MS = 1500;

const WebCallReply = z.object({ call_sid: z.string(), websocket_url: z.string() });
const ConversationReply = z.object({
  status: z.string(),
  transcript: z.string(),
  ended_at: z.string().nullable(),
  page_url: z.string(),
});

/** Returns the exit code: 0 if the call succeeded. */
export async function callCommand(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      wav: { type: 'string' },
      agent: { type: 'string' },
      url: { type: 'string' },
      key: { type: 'string' },
      out: { type: 'string' },
      before: { type: 'string' },
      after: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help || values.wav === undefined || values.agent === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const url = (values.url ?? 'http://127.0.0.1:3025').replace(/\/$/, '');
  const key =
    values.key ??
    env['API_SECRET_KEY'] ??
    readFileSync(join(resolve(env['DATA_DIR'] ?? './data'), 'api-secret-key'), 'utf8').trim();
  const speech = readSpeech(values.wav);
  const api = async (method: string, path: string, body?: object): Promise<unknown> => {
    const reply = await fetch(url + path, {
      method,
      headers: { 'xi-api-key': key, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: unknown = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const made = WebCallReply.parse(await api('POST', '/v1/convai/web-calls', { agent_id: values.agent }));
  const heard = await play(
    made.websocket_url,
    speech,
    Number(values.before ?? 0) * 1000,
    Number(values.after ?? DEFAULT_AFTER) * 1000,
  );
  const out = resolve(values.out ?? '.');
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${made.call_sid}-caller.wav`), wavFile(heard.caller, SAMPLE_RATE));
  writeFileSync(join(out, `${made.call_sid}-agent.wav`), wavFile(heard.agent, SAMPLE_RATE));
  let conversation = ConversationReply.parse(await api('GET', `/v1/convai/conversations/${made.call_sid}`));
  for (
    const until = Date.now() + 15_000;
    conversation.ended_at === null && Date.now() < until;
    conversation = ConversationReply.parse(await api('GET', `/v1/convai/conversations/${made.call_sid}`))
  )
    await new Promise((again) => setTimeout(again, 100));
  writeFileSync(join(out, `${made.call_sid}.txt`), `${conversation.transcript}\n`);
  console.log(
    `${conversation.transcript}\n\nStatus: ${conversation.status}\nHeard:  ${join(out, made.call_sid)}-caller.wav and -agent.wav\nPage:   ${conversation.page_url}`,
  );
  return conversation.status === 'completed' ? 0 : 1;
}

function readSpeech(file: string): Uint8Array {
  const wav = parseWav(readFileSync(file), (bytes) => decodeMulaw(bytes));
  return encodeMulaw(resample(wav.channels[0]!, wav.sampleRateHz, SAMPLE_RATE));
}

/**
 * Plays a recording as the caller in real time, and records what both sides heard. Waits for the agent to finish before
 * and after.
 */
function play(
  address: string,
  speech: Uint8Array,
  beforeMs: number,
  afterMs: number,
): Promise<{ caller: Int16Array; agent: Int16Array }> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(address);
    const caller: Uint8Array[] = [];
    const queue: (Uint8Array | string)[] = [];
    const agent: Uint8Array[] = [];
    const began = performance.now();
    let sent = 0;
    let spokenAt: number | null = null;
    let at = 0;
    let lastAgentMs = 0;
    let agentSpoke = false;
    let streamSid = '';
    const timer = setInterval(() => {
      const now = performance.now() - began;
      for (; sent * FRAME_MS <= now && socket.readyState === WebSocket.OPEN; sent++) frame(now);
      if (
        spokenAt !== null &&
        at >= speech.length &&
        now - spokenAt > speech.length / SAMPLES_PER_MS &&
        (now - lastAgentMs > 4 * AGENT_QUIET_MS || now - spokenAt > afterMs + speech.length / SAMPLES_PER_MS)
      ) {
        socket.send(JSON.stringify({ event: 'stop' }));
        socket.close(1000);
      }
    }, FRAME_MS / 2);
    const frame = (now: number) => {
      const out = new Uint8Array(FRAME_SAMPLES).fill(SILENCE);
      const mayBegin = now >= beforeMs && (agentSpoke ? now - lastAgentMs > AGENT_QUIET_MS : now > 3000);
      if (spokenAt === null && mayBegin) spokenAt = now;
      if (spokenAt !== null && at < speech.length) {
        out.set(speech.subarray(at, at + FRAME_SAMPLES));
        at += FRAME_SAMPLES;
      }
      caller.push(out);
      socket.send(
        JSON.stringify({ event: 'media', streamSid, media: { payload: Buffer.from(out).toString('base64') } }),
      );
      hear(now);
    };
    const hear = (now: number) => {
      let next = queue.shift();
      for (; typeof next === 'string'; next = queue.shift())
        socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: next } }));
      if (next) {
        agentSpoke = true;
        lastAgentMs = now;
      }
      agent.push(next ?? new Uint8Array(FRAME_SAMPLES).fill(SILENCE));
    };
    socket.on('open', () => socket.send(JSON.stringify({ event: 'start' })));
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString('utf8')) as {
        event: string;
        streamSid: string;
        media?: { payload: string };
        mark?: { name: string };
      };
      streamSid = message.streamSid;
      if (message.event === 'media' && message.media) queue.push(Buffer.from(message.media.payload, 'base64'));
      else if (message.event === 'mark' && message.mark) queue.push(message.mark.name);
      else if (message.event === 'clear')
        for (const one of queue.splice(0))
          if (typeof one === 'string') socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: one } }));
    });
    socket.on('unexpected-response', (_request, response) =>
      fail(new Error(`the media socket was refused: ${response.statusCode} ${response.statusMessage}`)),
    );
    socket.on('error', fail);
    socket.on('close', () => {
      clearInterval(timer);
      done({ caller: decodeMulaw(Buffer.concat(caller)), agent: decodeMulaw(Buffer.concat(agent)) });
    });
  });
}
