import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Failure } from '#engine/contracts/failure.ts';
import type { LanguageModel, ModelPart } from '#engine/contracts/language-model.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { ConfiguredProviders } from '#providers/configured.ts';
import { anthropic } from '#providers/anthropic/manifest.ts';
import { deepgram } from '#providers/deepgram/manifest.ts';
import { elevenlabs } from '#providers/elevenlabs/manifest.ts';
import { ElevenLabsVoices } from '#providers/elevenlabs/voices.ts';
import { google } from '#providers/google/manifest.ts';
import { CircuitBreaker } from '#core/kernel/circuit-breaker.ts';
import { guardedModel, guardedRecogniser } from '#providers/kit/breaker.ts';
import { VendorHealth } from '#providers/kit/vendor-health.ts';
import type { ProviderManifest } from '#providers/manifest.ts';
import { ollama } from '#providers/ollama/manifest.ts';
import { openai } from '#providers/openai/manifest.ts';
import { generate, languageModelChecks } from '../contract/language-model.ts';
import { recognise, speechToTextChecks, type Heard } from '../contract/speech-to-text.ts';
import { speak, textToSpeechChecks } from '../contract/text-to-speech.ts';
import { startServer } from '../support/server.ts';
import { fakeDeepgram } from '../vendors/deepgram.ts';
import { fakeElevenLabs } from '../vendors/elevenlabs.ts';
import { spoken, type FakeVendor, type Fault } from '../vendors/faults.ts';
import { fakeAnthropic, fakeGoogle, fakeOpenAi } from '../vendors/language.ts';
import { ollamaRefusal } from '../vendors/refusals.ts';

// Each vendor's adapter against a server that speaks its protocol: what every provider must do, and what vendors do
// wrong.

const KEY = 'a-secret-key';
const HEARD: readonly Heard[] = ['what does it cost', 'call me back tomorrow at three'].map((text) => ({
  text,
  pcm: spoken(text, 8000),
}));
const FAULTS: readonly Fault[] = ['refuses-key', 'too-many', 'garbage', 'dies-midway', 'drops'];

async function withVendor<T>(
  start: Promise<FakeVendor>,
  manifest: ProviderManifest,
  run: (made: ReturnType<NonNullable<ProviderManifest['make']>>, vendor: FakeVendor) => Promise<T>,
): Promise<T> {
  const vendor = await start;
  try {
    const result = await run(manifest.make!({ apiKey: KEY, baseUrl: vendor.url }), vendor);
    assert.deepEqual(vendor.refused, [], 'it was asked for what the vendor refuses');
    return result;
  } finally {
    await vendor.close();
  }
}

const VOICES: readonly (readonly [ProviderManifest, () => Promise<FakeVendor>])[] = [
  [deepgram, () => fakeDeepgram()],
  [elevenlabs, fakeElevenLabs],
  [openai, () => fakeOpenAi()],
];
for (const [manifest, start] of VOICES) {
  describe(`${manifest.id} speaks`, () => {
    for (const [what, check] of Object.entries(textToSpeechChecks))
      it(what, () => withVendor(start(), manifest, (made) => check(made.textToSpeech!)));

    it('waits for a slow beginning, and shows its key in a header only', async () => {
      await withVendor(start(), manifest, async ({ textToSpeech }, vendor) => {
        vendor.fault = 'slow';
        assert.equal((await speak(textToSpeech!, 'Good morning.', 'v')).parts.at(-1)!.type, 'done');
        assert.ok([...vendor.keys].some((key) => key.includes(KEY)));
      });
    });

    for (const fault of FAULTS) {
      it(`ends with an error, once, when it ${fault}`, async () => {
        await withVendor(start(), manifest, async ({ textToSpeech }, vendor) => {
          vendor.fault = fault;
          const { parts, open } = await speak(textToSpeech!, 'Good morning, this is a test.', 'v');
          const ends = parts.filter((part) => part.type !== 'audio');
          assert.equal(ends.length, 1);
          // An empty answer is the engine's to notice.
          if (fault !== 'garbage') assert.equal(ends[0]!.type, 'error');
          assert.equal(open, 0);
          if (fault === 'too-many') assert.equal((ends[0] as { retryAfterMs?: number }).retryAfterMs, 7000);
          assert.equal(JSON.stringify(ends).includes(KEY), false);
        });
      });
    }
  });
}

const EARS: readonly (readonly [ProviderManifest, () => Promise<FakeVendor>, readonly string[]])[] = [
  [deepgram, () => fakeDeepgram(HEARD.map((one) => one.text)), []],
  // It is sent each utterance when it is over.
  [openai, () => fakeOpenAi(HEARD.map((one) => one.text)), ['says something before the end of a long utterance']],
];
for (const [manifest, start, cannot] of EARS) {
  describe(`${manifest.id} listens`, () => {
    for (const [what, check] of Object.entries(speechToTextChecks))
      if (!cannot.includes(what))
        it(what, () => withVendor(start(), manifest, (made) => check(made.speechToText!, HEARD)));

    for (const fault of FAULTS) {
      it(`says so when it ${fault}`, async () => {
        await withVendor(start(), manifest, async ({ speechToText }, vendor) => {
          vendor.fault = fault;
          const { parts, open } = await recognise(speechToText!, [HEARD[0]!.pcm]);
          assert.deepEqual(
            parts.filter((part) => part.type !== 'transcript-partial').map((part) => part.type),
            ['error'],
            JSON.stringify(parts),
          );
          assert.equal(open, 0);
        });
      });
    }
  });
}

it('deepgram gives what it has when no final comes, so that a deaf one is noticed', () =>
  withVendor(fakeDeepgram(['what does it cost']), deepgram, async ({ speechToText }, vendor) => {
    vendor.fault = 'half-open';
    assert.deepEqual((await recognise(speechToText!, [HEARD[0]!.pcm])).finals, ['']);
  }));

const MODELS: readonly (readonly [ProviderManifest, () => Promise<FakeVendor>])[] = [
  [openai, () => fakeOpenAi()],
  [ollama, () => fakeOpenAi([], ollamaRefusal)],
  [anthropic, fakeAnthropic],
  [google, fakeGoogle],
];
for (const [manifest, start] of MODELS) {
  describe(`${manifest.id} thinks`, () => {
    for (const [what, check] of Object.entries(languageModelChecks))
      it(what, () => withVendor(start(), manifest, (made) => check(made.languageModel!)));

    for (const fault of FAULTS) {
      it(`ends with an error, once, when it ${fault}`, async () => {
        await withVendor(start(), manifest, async ({ languageModel }, vendor) => {
          vendor.fault = fault;
          const { parts, open } = await generate(languageModel!, [
            { role: 'caller', text: 'tell me all about it please' },
          ]);
          assert.deepEqual(
            parts.filter((part) => part.type !== 'text').map((part) => part.type),
            ['error'],
            JSON.stringify(parts),
          );
          assert.equal(open, 0);
          if (fault === 'too-many') assert.equal((parts.at(-1) as { retryAfterMs?: number }).retryAfterMs, 7000);
          assert.equal(JSON.stringify(parts).includes(KEY), false);
        });
      });
    }
  });
}

describe('the checks notice', () => {
  const parrot = (more: Partial<{ late: boolean; twice: boolean; usage: boolean }>): LanguageModel => ({
    id: 'broken',
    generate: ({ messages, working }, onPart) => {
      if (!more.late) working(10)();
      let over = false;
      setTimeout(() => {
        if (over && !more.late) return;
        const last = messages.at(-1)!;
        for (const text of ['You said: ', last.role === 'caller' ? last.text : '']) onPart({ type: 'text', text });
        onPart({ type: 'done', ...(more.usage ? { usage: { inputTokens: 11, outputTokens: 5 } } : {}) });
        if (more.twice) onPart({ type: 'done' });
      }, 5);
      return { abort: () => (over = true) };
    },
  });
  const fails = async (check: string, model: LanguageModel) =>
    assert.rejects(languageModelChecks[check]!(model), check);

  it('a model that breaks its contract', async () => {
    await fails('says nothing after an abort', parrot({ late: true }));
    await fails('answers what was said last, in pieces, and ends once', parrot({ twice: true }));
    await fails('counts its tokens', parrot({}));
    await fails('calls a tool with arguments of their own kinds', parrot({ usage: true }));
    await fails('gets the results of tools, and not of one that still runs', parrot({}));
    await languageModelChecks['answers what was said last, in pieces, and ends once']!(parrot({}));
  });
});

it('elevenlabs lists its voices and makes new ones', async () => {
  const vendor = await fakeElevenLabs();
  const voices = new ElevenLabsVoices(vendor.url, KEY);
  assert.deepEqual(
    (await voices.list()).map((one) => one.name),
    ['Rachel'],
  );
  const request = {
    tag: 'cloned_voice_7',
    repeated: false,
    name: 'Ada',
    description: 'Warm',
    fileName: 'a.wav',
    recording: new Uint8Array(10),
  };
  const id = await voices.cloning.clone(request);
  assert.equal(await voices.cloning.statusOf(id), 'ready');
  // A request that broke off is not carried out twice, and what was made for one organization is not offered to all.
  const asked = vendor.asked;
  assert.equal(await voices.cloning.clone({ ...request, repeated: true }), id);
  assert.equal(vendor.asked, asked + 1);
  assert.deepEqual(
    (await voices.list()).map((one) => one.name),
    ['Rachel'],
  );
  assert.equal(await voices.cloning.statusOf('unknown'), 'failed');
  await vendor.close();
});

it('openai embeds, in order and of length one', () =>
  withVendor(fakeOpenAi(), openai, async ({ embedder }) => {
    const [short, long] = await embedder!.embed(['a', 'abc']);
    assert.deepEqual(
      [short, long].map((one) => Math.round(Math.hypot(...one!) * 1e6) / 1e6),
      [1, 1],
    );
    assert.ok(long![0]! > short![0]!);
  }));

const guardOf = (now: () => number) => {
  const breaker = new CircuitBreaker(now);
  return { breaker, health: new VendorHealth('v', () => new Date(0)) };
};
const REQUEST = { prompt: '', model: '', messages: [], tools: [], working: () => () => undefined };

describe('a guarded vendor', () => {
  it('that tries a recogniser on a silent call learns nothing, and tries again', () => {
    let now = 0;
    const guard = guardOf(() => now);
    guard.breaker.ask()!.failed(1);
    now = 31_000;
    const quiet: SpeechToText = {
      id: 'q',
      open: () => ({
        audio: () => undefined,
        begin: () => undefined,
        end: () => undefined,
        expect: () => undefined,
        close: () => undefined,
      }),
    };
    const ear = guardedRecogniser(quiet, guard);
    ear
      .open({ language: 'en', context: { phrases: [] }, working: () => () => undefined, onPart: () => undefined })
      .close();
    assert.equal(guard.breaker.state, 'half-open');
    assert.ok(guard.breaker.ask());
  });

  it('answers at once while it is left alone', async () => {
    const guard = guardOf(() => performance.now());
    guard.breaker.ask()!.failed(60_000);
    let asked = 0;
    const model = guardedModel({ id: 'm', generate: () => (asked++, { abort: () => undefined }) }, guard);
    const part = await new Promise<ModelPart>((resolve) => void model.generate(REQUEST, resolve));
    assert.deepEqual([part.type, 'fault' in part && part.fault, asked], ['error', 'resting', 0]);
  });

  it('is not counted against for requests that are at fault, and is not well with a wrong key', () => {
    const guard = guardOf(() => 0);
    const failing = (failure: Partial<Failure>) => {
      const inner: LanguageModel = {
        id: 'm',
        generate: (_request, onPart) => {
          onPart({ type: 'error', message: 'no', ...failure });
          return { abort: () => undefined };
        },
      };
      guardedModel(inner, guard).generate(REQUEST, () => undefined);
    };
    guard.health.succeeded();
    for (let n = 0; n < 9; n++) failing({ fault: 'request' });
    assert.deepEqual([guard.breaker.state, guard.health.state.status], ['closed', 'connected']);
    failing({ fault: 'key', retryAfterMs: 60_000 });
    assert.deepEqual([guard.breaker.state, guard.health.state.status], ['open', 'error']);
    assert.equal(guard.health.state.lastError?.message, 'no');
  });
});

describe('what is configured', () => {
  const offline = {
    voiceActivity: { id: 'vad' },
    speechToText: [{ id: 'offline' }],
    languageModels: [{ id: 'offline' }],
    textToSpeech: [{ id: 'offline' }],
  } as never;
  const ids = (list: readonly (SpeechToText | LanguageModel | TextToSpeech)[]) => list.map((one) => one.id);

  it("is tried in the agent's order, and what is not is offline's", () => {
    const none = new ConfiguredProviders({}, offline).forCall({ voiceProvider: 'deepgram', modelProvider: 'ollama' });
    assert.deepEqual(
      [ids(none.speechToText), ids(none.languageModels), ids(none.textToSpeech)],
      [['offline'], ['offline'], ['offline']],
    );
    const some = new ConfiguredProviders(
      { DEEPGRAM_API_KEY: 'k', OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', OLLAMA_BASE_URL: 'http://localhost:1' },
      offline,
    );
    const chain = some.forCall({ voiceProvider: 'openai', modelProvider: 'anthropic' });
    assert.deepEqual(
      [ids(chain.speechToText), ids(chain.languageModels), ids(chain.textToSpeech)],
      [
        ['deepgram', 'openai', 'offline'],
        ['anthropic', 'openai', 'ollama', 'offline'],
        ['openai', 'deepgram', 'offline'],
      ],
    );
    assert.deepEqual(ids(some.forCall({ voiceProvider: 'elevenlabs', modelProvider: 'google' }).languageModels), [
      'offline',
    ]);
    assert.ok(some.embedder?.id.startsWith('openai'));
    assert.deepEqual(
      some.states.map((one) => [one.vendor, one.status]),
      [
        ['deepgram', 'checking'],
        ['elevenlabs', 'not_configured'],
        ['openai', 'checking'],
        ['anthropic', 'checking'],
        ['google', 'not_configured'],
        ['ollama', 'checking'],
        ['sherpa', 'not_configured'],
      ],
    );
  });
});

describe('a vendor on a call', () => {
  let vendors: { listen: FakeVendor; think: FakeVendor };
  before(async () => {
    vendors = { listen: await fakeDeepgram(), think: await fakeOpenAi() };
  });
  after(async () => {
    await vendors.listen.close();
    await vendors.think.close();
  });

  it('speaks a clause, and a part of one is no more than it was', async () => {
    const parts: SpeechPart[] = [];
    const { textToSpeech } = deepgram.make!({ apiKey: KEY, baseUrl: vendors.listen.url });
    vendors.listen.fault = 'dies-midway';
    await new Promise<void>((resolve) => {
      textToSpeech!.synthesize(
        { text: 'A sentence that is broken off.', voiceId: 'v', working: () => () => undefined },
        (part) => {
          parts.push(part);
          if (part.type !== 'audio') resolve();
        },
      );
    });
    const samples = parts.reduce((sum, part) => sum + (part.type === 'audio' ? part.pcm.length : 0), 0);
    assert.ok(samples > 0 && samples < spoken('A sentence that is broken off.', 8000).length);
    assert.equal(parts.at(-1)!.type, 'error');
  });

  it('is what really spoke, and when it dies in mid-sentence the next goes on: the page says who did what, and what it cost', async () => {
    const [speech, mind] = [await fakeDeepgram(), await fakeOpenAi()];
    const server = await startServer({
      DEEPGRAM_API_KEY: KEY,
      DEEPGRAM_BASE_URL: speech.url,
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: mind.url,
    });
    try {
      // Only the caller's side is understood offline: the fake hears no words.
      speech.fault = 'none';
      const { body: agent } = await server.request('POST', '/v1/convai/agents', {
        name: 'A',
        voice_id: 'aura-2-thalia-en',
        model_name: 'gpt-4o-mini',
        first_message: 'Hello, this is a first message that is long enough to be broken off.',
      });
      assert.deepEqual([agent['voice_provider'], agent['model_provider']], ['deepgram', 'openai']);
      speech.fault = 'dies-midway';
      const placed = await server.request('POST', '/v1/convai/twilio/outbound-call', {
        agent_id: agent['agent_id'],
        to_number: '+15005550010',
      });
      const call = await server.untilEnded(String(placed.body['call_sid']));
      assert.equal(call.status, 'completed');
      assert.deepEqual(call.spokenBy['text_to_speech'], 'deepgram, openai');
      const entries = await server.app.core.store.entries.ofCall(call.conversationId);
      assert.match(entries[0]!.text, /^Hello, this is .* to be broken off\.$/);
      const lines = await server.app.core.store.usage.ofCall(call.id);
      const characters = lines.find((line) => line.provider === 'deepgram' && line.unit === 'characters')!;
      assert.ok(characters.units >= 60);
      assert.equal(characters.cost, characters.units * 30);
      const page = await (
        await fetch(`${server.url}/app/calls/${call.sid}`, { headers: { 'x-api-key': server.key } })
      ).text();
      assert.match(page, /spoke: deepgram, openai/);
      const { body: usage } = await server.request('GET', `/v1/convai/calls/${call.sid}/usage`);
      assert.equal(usage['total_cost'], lines.reduce((sum, line) => sum + line.cost, 0) / 1_000_000);
      const health = (await server.request('GET', '/health/detailed')).body['services'] as Record<string, unknown>;
      const states = health['providers'] as Record<string, unknown>[];
      // It has just broken off, and nothing went well with it since.
      assert.equal(states.find((one) => one['provider'] === 'deepgram')!['status'], 'error');
      assert.deepEqual(
        states.filter((one) => one['status'] === 'not_configured').map((one) => one['provider']),
        ['elevenlabs', 'anthropic', 'google', 'ollama', 'sherpa'],
      );
      assert.equal(JSON.stringify([usage, health, server.trouble]).includes(KEY), false);
    } finally {
      await server.close();
      await speech.close();
      await mind.close();
    }
  });
});
