import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import type { SpeechToText, SpeechToTextOptions } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { until } from '../support/server.ts';
import { recognise, SENTENCES, speechToTextChecks, type Heard } from '../contract/speech-to-text.ts';
import { speak, textToSpeechChecks } from '../contract/text-to-speech.ts';

let offline: OfflineProviders;
let heard: Heard[];
const line = async (text: string, voiceId: string) =>
  decodeMulaw(encodeMulaw((await speak(offline.textToSpeech[0]!, text, voiceId)).pcm));

before(async () => {
  offline = makeOfflineProviders(1);
  heard = await Promise.all(SENTENCES.map(async (text) => ({ text, pcm: await line(text, 'offline-martin') })));
});
after(() => offline.close());

describe('offline speech', () => {
  for (const [what, check] of Object.entries(textToSpeechChecks))
    it(`the voice ${what}`, () => check(offline.textToSpeech[0]!));
  for (const [what, check] of Object.entries(speechToTextChecks))
    it(`the recogniser ${what}`, () => check(offline.speechToText[0]!, heard));

  it('different voices sound different', async () => {
    const [a, b] = [await line('Good morning.', 'offline-clara'), await line('Good morning.', 'offline-martin')];
    assert.notDeepEqual(a, b);
  });

  it('words of the prompt that no dictionary has are understood', async () => {
    const said = await line('I am calling about my zendeskly account', 'offline-martin');
    const { finals } = await recognise(
      offline.speechToText[0]!,
      [said],
      ['You help callers with their Zendeskly account. I am calling about my account.'],
    );
    assert.match(finals[0]!, /zendeskly/);
  });

  it('a worker that dies in mid-utterance is replaced, and the utterance still understood', async () => {
    const [worker] = offline.speech.listener.workers;
    const pending = recognise(offline.speechToText[0]!, [heard[0]!.pcm]);
    worker!.kill();
    assert.deepEqual((await pending).finals, [heard[0]!.text]);
    assert.ok(worker!.restarts >= 1);
    const speaking = speak(offline.textToSpeech[0]!, 'This is said after all.', 'offline-rosa');
    offline.speech.voice.workers[0]!.kill();
    assert.equal((await speaking).parts.at(-1)!.type, 'done');
  });

  it('speech that goes on before a decoder was free for its beginning delays no other call', async () => {
    let working = 0;
    const streams = Array.from({ length: 12 }, () => {
      const finals = new Map<number, string>();
      const stream = offline.speechToText[0]!.open({
        language: 'en',
        context: { phrases: [] },
        working: () => (working++, () => void working--),
        onPart: (part) => part.type === 'transcript-final' && finals.set(part.utterance, part.text),
      });
      const say = (pcm: Int16Array) => {
        for (let at = 0; at + 160 <= pcm.length; at += 160) stream.audio(pcm.subarray(at, at + 160));
      };
      return { stream, finals, say };
    });
    // The first take all decoders and speak on; the others wait for one when their first stretch is over and the next
    // begins.
    for (const { stream, say } of streams) {
      stream.begin(1);
      say(heard[1]!.pcm.subarray(0, 3200));
    }
    for (const { stream, say } of [...streams.slice(4), ...streams.slice(0, 4)]) {
      stream.end(1);
      stream.begin(2);
      say(heard[1]!.pcm.subarray(3200));
      stream.end(2);
    }
    await until('every text', 60_000, () => streams.every(({ finals }) => finals.has(1) && finals.has(2)));
    assert.equal(working, 0);
    for (const { stream } of streams) stream.close();
  });

  it('text that cannot be spoken is an error, not a crash', async () => {
    for (const text of ['', '...', '🙂', 'x'.repeat(5000)]) {
      const { parts } = await speak(offline.textToSpeech[0]!, text, 'v');
      assert.equal(parts.filter((part) => part.type !== 'audio').length, 1);
    }
  });
});

describe('voice activity', () => {
  for (const version of ['v5', 'v6'] as const) {
    it(`${version} hears a voice, and neither silence nor noise`, () => {
      const stream = makeSilero(version).open();
      const share = (pcm: Int16Array) => {
        stream.reset();
        let on = 0;
        const windows = Math.floor(pcm.length / 256);
        for (let i = 0; i < windows; i++) if (stream.process(pcm.subarray(i * 256, (i + 1) * 256)) > 0.5) on++;
        return on / windows;
      };
      let seed = 3;
      const noise = Int16Array.from(
        { length: 16_000 },
        () => (((seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff) >> 16) - 16_384) >> 5,
      );
      assert.ok(share(heard[0]!.pcm) > 0.6);
      assert.equal(share(new Int16Array(16_000)), 0);
      assert.ok(share(noise) < 0.1);
    });
  }
});

describe('the contract suites', () => {
  const opener = (change: (options: SpeechToTextOptions) => SpeechToTextOptions): SpeechToText => ({
    id: 'broken',
    open: (options) => offline.speechToText[0]!.open(change(options)),
  });
  const brokenRecognisers: Record<string, SpeechToText> = {
    'never gives a final': opener((options) => ({
      ...options,
      onPart: (part) => part.type === 'transcript-partial' && options.onPart(part),
    })),
    'gives finals twice': opener((options) => ({
      ...options,
      onPart: (part) => [options.onPart(part), options.onPart(part)],
    })),
    mishears: opener((options) => ({
      ...options,
      onPart: (part) => options.onPart(part.type === 'transcript-final' ? { ...part, text: 'hello' } : part),
    })),
    'never gives a partial': opener((options) => ({
      ...options,
      onPart: (part) => part.type !== 'transcript-partial' && options.onPart(part),
    })),
    'never ends an announcement': opener((options) => ({
      ...options,
      working: (ms) => (options.working(ms), () => undefined),
    })),
  };
  for (const [what, recogniser] of Object.entries(brokenRecognisers)) {
    it(`notice a recogniser that ${what}`, async () => {
      const checks = Object.values(speechToTextChecks).map((check) =>
        Promise.race([
          check(recogniser, heard.slice(0, 2)),
          new Promise<never>((_, late) => setTimeout(() => late(new Error('late')), 6000).unref()),
        ]),
      );
      const outcomes = await Promise.allSettled(checks);
      assert.ok(outcomes.some((one) => one.status === 'rejected'));
    });
  }
  const voice = (synthesize: TextToSpeech['synthesize']): TextToSpeech => ({ id: 'broken', synthesize });
  const real: TextToSpeech['synthesize'] = (request, onPart) => offline.textToSpeech[0]!.synthesize(request, onPart);
  const brokenVoices: Record<string, TextToSpeech> = {
    'is silent': voice((request, onPart) =>
      real(request, (part) => onPart(part.type === 'audio' ? { ...part, pcm: new Int16Array(part.pcm.length) } : part)),
    ),
    'ends twice': voice((request, onPart) =>
      real(request, (part) => [onPart(part), part.type === 'done' && onPart(part)]),
    ),
    'does not heed abort': voice((request, onPart) => (real(request, onPart), { abort: () => undefined })),
    'never ends an announcement': voice((request, onPart) =>
      real({ ...request, working: (ms) => (request.working(ms), () => undefined) }, onPart),
    ),
  };
  for (const [what, one] of Object.entries(brokenVoices)) {
    it(`notice a voice that ${what}`, async () => {
      const outcomes = await Promise.allSettled(Object.values(textToSpeechChecks).map((check) => check(one)));
      assert.ok(outcomes.some((outcome) => outcome.status === 'rejected'));
    });
  }
});

it('the offline voice speaks in a process of low priority, whose user may not raise it', () => {
  const script = `
    import { makeOfflineVoice } from '#providers/offline/offline.ts';
    makeOfflineVoice().synthesize({ text: 'Hello.', voiceId: 'v', working: () => () => undefined }, (part) => {
      if (part.type === 'audio') return;
      console.log(part.type, part.message ?? '');
      process.exit();
    });
    setTimeout(() => process.exit(3), 20000);`;
  const powerless = 65_534;
  const { stdout, stderr } = spawnSync('nice', ['-n', '12', process.execPath, '--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '..', '..'),
    ...(process.getuid?.() === 0 ? { uid: powerless, gid: powerless } : {}),
  });
  assert.equal(stdout.trim(), 'done', stderr);
});
