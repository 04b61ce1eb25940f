import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { InstalledModel } from '#providers/sherpa/installed-models.ts';
import { LocalSpeechToText } from '#providers/sherpa/local-speech-to-text.ts';
import { LocalTextToSpeech } from '#providers/sherpa/local-text-to-speech.ts';
import { sherpa } from '#providers/sherpa/manifest.ts';
import { ModelProcess, type ProcessLimits } from '#providers/sherpa/model-process.ts';
import { recognise, speechToTextChecks, type Heard } from '../contract/speech-to-text.ts';
import { speak, textToSpeechChecks } from '../contract/text-to-speech.ts';
import { putListener, putStreamer, putVoice, tonesOf } from '../support/made-models.ts';
import { startServer, until } from '../support/server.ts';

// Models of speech on this machine, in processes of their own: real ones that are made here, by the real sherpa-onnx.

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-models-'));
  dirs.push(dir);
  return dir;
};
const open: { close(): void }[] = [];
after(() => {
  for (const one of open) one.close();
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

async function made(put: (folder: string) => void) {
  const folder = freshDir();
  put(join(folder, 'one'));
  const providers = sherpa.make!({ apiKey: null, baseUrl: null, folder });
  open.push({ close: () => providers.close!() });
  await providers.check(AbortSignal.timeout(60_000));
  return providers;
}

const HEARD: readonly Heard[] = [
  { text: 'nineteen', pcm: tonesOf(['nineteen']) },
  { text: 'seven nineteen seven seven', pcm: tonesOf(['seven', 'nineteen', 'seven', 'seven']) },
];

describe('a voice model speaks', () => {
  for (const [what, check] of Object.entries(textToSpeechChecks))
    it(what, async () => check((await made(putVoice)).textToSpeech!));

  it('is listed, and has no sounds for other scripts', async () => {
    const { voices, textToSpeech } = await made(putVoice);
    assert.deepEqual(
      (await voices!.list()).map(({ vendorId, name, language }) => [vendorId, name, language]),
      [['sherpa-one', 'Hum', 'en']],
    );
    assert.equal(sherpa.voices!.claims('sherpa-one'), true);
    const { parts } = await speak(textToSpeech!, 'Доброе утро', 'sherpa-one');
    assert.equal((parts[0] as { unspeakable?: boolean }).unspeakable, true);
  });
});

for (const [kind, put] of [
  ['of utterances', putListener],
  ['that streams', putStreamer],
] as const)
  describe(`a recognising model ${kind}`, () => {
    for (const [what, check] of Object.entries(speechToTextChecks))
      it(what, async () => check((await made(put)).speechToText!, HEARD));

    it('hears many calls at once, each for itself', async () => {
      const { speechToText } = await made(put);
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, i) => recognise(speechToText!, [HEARD[i % 2]!.pcm, HEARD[1]!.pcm])),
      );
      assert.deepEqual(
        all.map(({ finals }) => finals),
        Array.from({ length: 12 }, (_, i) => [HEARD[i % 2]!.text, HEARD[1]!.text]),
      );
    });
  });

const brokenModel = (mood: string): InstalledModel => ({
  name: 'broken',
  folder: '/nowhere',
  title: 'Broken',
  does: 'speaks',
  language: 'en',
  licence: 'none',
  speakers: 1,
  files: {},
  engine: { mood },
});

function broken(mood: string, limits: Partial<ProcessLimits> = {}): ModelProcess {
  const process = new ModelProcess(
    brokenModel(mood),
    limits,
    new URL('../support/broken-model-worker.ts', import.meta.url),
  );
  open.push(process);
  return process;
}
const voiceOf = (process: ModelProcess) => new LocalTextToSpeech([{ model: brokenModel(''), process }]);

describe('a process that breaks', () => {
  const FAST = { stuckMs: 300, restartMs: 20, longestRestartMs: 80 };
  for (const [mood, why] of [
    ['dies', /the process of broken ended \(SIGABRT\)/],
    ['hangs', /hung/],
    ['grows', /used more than 3072 MB/],
    ['does not load', /ended \(7\): no such model/],
  ] as const)
    it(`that ${mood} fails what was asked of it, once, and is started again`, async () => {
      const process = broken(mood, FAST);
      for (let time = 0; time < 3; time++) {
        await until('the next start', 10_000, () => {
          try {
            process.post({ type: 'drop' });
            return true;
          } catch {
            return null;
          }
        });
        const { parts, open: working } = await speak(voiceOf(process), `Good morning ${time}.`, 'v');
        assert.deepEqual(
          parts.map(({ type }) => type),
          ['error'],
        );
        assert.match((parts[0] as { message: string }).message, why);
        assert.equal(working, 0);
      }
    });

  it('that is slow is no process that hangs while its queue moves', async () => {
    const process = broken('is slow', { ...FAST, stuckMs: 1500 });
    await process.load(AbortSignal.timeout(60_000));
    const { pid } = process;
    const all = Array.from({ length: 30 }, () => process.request({ type: 'speak', text: 'Hello', speaker: 0 }).reply);
    assert.equal((await Promise.all(all)).length, 30);
    assert.equal(process.pid, pid);
  });

  it('that cannot be started fails what was asked of it, and is tried again', async () => {
    // As `fork` throws without memory.
    const process = new ModelProcess(brokenModel(''), FAST, new URL('http://localhost/no-worker.ts'));
    open.push(process);
    let failures = 0;
    process.onLost = () => failures++;
    const { reply } = process.request({ type: 'speak', text: 'Hello', speaker: 0 });
    await assert.rejects(reply, /the process of broken could not be started/);
    await until('further tries', 10_000, () => failures >= 3 || null);
    assert.equal(process.pid, null);
  });

  it('costs a recogniser the utterance that is under way, and no other', async () => {
    const folder = freshDir();
    putStreamer(join(folder, 'one'));
    const model = JSON.parse(readFileSync(join(folder, 'one', 'model.json'), 'utf8')) as InstalledModel;
    const running = new ModelProcess({ ...model, name: 'one', folder: join(folder, 'one') }, { restartMs: 10 });
    open.push(running);
    await running.load(AbortSignal.timeout(60_000));
    const recogniser = new LocalSpeechToText(running);
    const parts: { type: string; text?: string }[] = [];
    const stream = recogniser.open({
      language: 'en',
      context: { phrases: [] },
      working: () => () => undefined,
      onPart: (part) => parts.push(part),
    });
    stream.begin(1);
    for (let at = 0; at < 8000; at += 160) stream.audio(HEARD[0]!.pcm.subarray(at, at + 160));
    await until('a first text', 10_000, () => parts.length > 0 || null);
    const before = running.pid!;
    process.kill(before, 'SIGSEGV');
    await until('the failure', 10_000, () => parts.some(({ type }) => type === 'error') || null);
    stream.end(1);
    await until('another process', 10_000, () => running.pid !== null && running.pid !== before);
    assert.equal(parts.filter(({ type }) => type !== 'transcript-partial').length, 1);
    assert.deepEqual((await recognise(recogniser, [HEARD[1]!.pcm])).finals, [HEARD[1]!.text]);
    stream.close();
  });

  it('rests longer after each failure, and fails at once meanwhile', async () => {
    const process = broken('dies', { restartMs: 100, longestRestartMs: 100_000 });
    const pauses: number[] = [];
    for (let time = 0; time < 4; time++) {
      await assert.rejects(process.request({ type: 'speak', text: 'a', speaker: 0 }).reply, /SIGABRT/);
      const since = performance.now();
      await assert.rejects(process.request({ type: 'speak', text: 'a', speaker: 0 }).reply, /SIGABRT/);
      assert.ok(performance.now() - since < 50, 'it does not wait');
      await until('the next start', 10_000, () => process.pid !== null || null);
      pauses.push(performance.now() - since);
    }
    for (const [i, pause] of pauses.entries()) assert.ok(pause >= 100 * 2 ** i - 20, String(pauses));
  });

  it('takes no more requests than its limit, and forgets those that are dropped', async () => {
    const process = broken('hangs', { mostWaiting: 2 });
    const ask = () => process.request({ type: 'speak', text: 'a', speaker: 0 });
    const [first, second] = [ask(), ask()];
    await assert.rejects(ask().reply, /is busy/);
    process.drop(first.id);
    await assert.rejects(first.reply, /not wanted/);
    const third = ask();
    process.close();
    for (const { reply } of [second, third]) await assert.rejects(reply, /shut down/);
  });

  it('that answers twice is heard once', async () => {
    const { parts } = await speak(voiceOf(broken('speaks on')), 'Good morning.', 'v');
    assert.deepEqual(
      parts.map(({ type }) => type),
      ['audio', 'done'],
    );
  });

  it('is noticed by the checks of every voice', async () => {
    for (const mood of ['dies', 'hangs', 'answers twice']) {
      const voice = voiceOf(broken(mood, FAST));
      await assert.rejects(textToSpeechChecks['speaks: audio, then one end']!(voice), mood);
    }
  });
});

describe('a model that cannot be used', () => {
  it('is said to be so, and ends no server', async () => {
    const folder = freshDir();
    putVoice(join(folder, 'one'));
    writeFileSync(join(folder, 'one', 'hum.onnx'), 'no model at all');
    const providers = sherpa.make!({ apiKey: null, baseUrl: null, folder });
    open.push({ close: () => providers.close!() });
    await assert.rejects(providers.check(AbortSignal.timeout(60_000)), /the process of one ended/);
  });
});

/** The processes of models in a folder. */
function modelProcesses(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`"${folder}/`);
      } catch {
        return false;
      }
    });
}

describe('a call', () => {
  it('is spoken by the model, and goes on while its process is killed again and again', async () => {
    const folder = freshDir();
    putVoice(join(folder, 'hum'));
    const server = await startServer({ MODELS_DIR: folder });
    try {
      const { body: agent } = await server.request('POST', '/v1/convai/agents', {
        name: 'Hum',
        voice_id: 'sherpa-hum',
        first_message: 'Hello, this is Hum. Do you have a minute?',
      });
      assert.equal(agent['voice_provider'], 'sherpa');
      const call = async () =>
        String(
          (
            await server.request('POST', '/v1/convai/twilio/outbound-call', {
              agent_id: agent['agent_id'],
              to_number: '+15005550007',
            })
          ).body['call_sid'],
        );
      const well = await server.untilEnded(await call());
      assert.equal(well.status, 'completed');
      assert.equal(well.spokenBy['text_to_speech'], 'sherpa');
      let killed = 0;
      const killer = setInterval(() => {
        for (const pid of modelProcesses(folder)) killed += process.kill(pid, 'SIGKILL') ? 1 : 0;
      }, 20);
      const { body: other } = await server.request('POST', '/v1/convai/agents', {
        name: 'Hum',
        voice_id: 'sherpa-hum',
        first_message: 'Good morning, this was never said before.',
      });
      agent['agent_id'] = other['agent_id'];
      const hurt = await server.untilEnded(await call());
      clearInterval(killer);
      assert.ok(killed > 0, 'nothing was killed');
      assert.equal(hurt.status, 'completed');
      assert.match(String(hurt.spokenBy['text_to_speech']), /offline-flite/);
      const entries = await server.app.core.store.entries.ofCall(hurt.conversationId);
      const said = entries.find(({ role }) => role === 'agent');
      assert.equal(said?.text, 'Good morning, this was never said before.');
    } finally {
      await server.close();
    }
    await until('the end of its processes', 10_000, () => modelProcesses(folder).length === 0 || null);
  });
});
