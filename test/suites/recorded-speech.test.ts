import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wavFile } from '#engine/audio/wav.ts';
import { ROOT } from '../support/process.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { deleteDataDir } from '../support/data-dir.ts';

// People, recorded: Debian's pocketsphinx-testdata and alsa-utils hold some. They call through the media socket.

const SPHINX = '/usr/share/pocketsphinx/test/data';
const ALSA = '/usr/share/sounds/alsa';

interface Clip {
  readonly file: string;
  readonly says: string;
  readonly answer: RegExp;
}

const CLIPS: readonly Clip[] = [
  { file: `${SPHINX}/goforward.raw`, says: 'go forward ten meters', answer: /Moving forward now/ },
  { file: `${SPHINX}/something.raw`, says: 'go somewhere and do something', answer: /Going somewhere now/ },
  { file: `${ALSA}/Front_Center.wav`, says: 'front center', answer: /Front it is/ },
  { file: `${ALSA}/Front_Left.wav`, says: 'front left', answer: /Left it is/ },
  { file: `${ALSA}/Side_Right.wav`, says: 'side right', answer: /Side it is/ },
];

const PROMPT = `You are Ada, and you steer a robot.
When the caller says "go forward ten meters", say "Moving forward now."
When the caller says "go somewhere and do something", say "Going somewhere now."
When the caller says "front center", say "Front it is."
When the caller says "front left", say "Left it is."
When the caller says "side right", say "Side it is."`;

describe('recorded human speech', { concurrency: 3 }, () => {
  let server: TestServer;
  let agentId: string;
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-clips-'));
  before(async () => {
    server = await startServer({ SIMULATOR_SPEED: '1' }, { knowsOwnVoice: false });
    agentId = String(
      (
        await server.request('POST', '/v1/convai/agents', {
          name: 'Robot',
          system_prompt: PROMPT,
          first_message: 'Where to?',
        })
      ).body['agent_id'],
    );
  });
  after(async () => {
    await server.close();
    deleteDataDir(dir);
    assert.deepEqual(server.trouble, []);
  });

  for (const { file, says, answer } of CLIPS) {
    it(`"${says}" is recognised and answered`, async () => {
      const out = mkdtempSync(join(dir, 'call-'));
      const { code, output } = await call(file.endsWith('.raw') ? rawToWav(file, out) : file, out);
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`User: .*${says}`), output);
      assert.match(output, answer);
      const files = readdirSync(out);
      for (const part of ['-caller.wav', '-agent.wav', '.txt'])
        assert.ok(
          files.some((name) => name.endsWith(part)),
          `${part} is missing`,
        );
    });
  }

  function rawToWav(file: string, out: string): string {
    const bytes = Uint8Array.from(readFileSync(file));
    const wav = join(out, 'clip.wav');
    writeFileSync(wav, wavFile(new Int16Array(bytes.buffer, 0, bytes.length >> 1), 16_000));
    return wav;
  }

  function call(wav: string, out: string): Promise<{ code: number | null; output: string }> {
    return new Promise((done) => {
      let output = '';
      const child = spawn(
        process.execPath,
        [
          join(ROOT, 'run.mjs'),
          'src/main.ts',
          'call',
          '--wav',
          wav,
          '--agent',
          agentId,
          '--url',
          server.url,
          '--key',
          server.key,
          '--out',
          out,
        ],
        { cwd: ROOT, env: { PATH: process.env['PATH'] ?? '' } },
      );
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('close', (code) => done({ code, output }));
    });
  }
});
