import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import type { Voice, VendorVoice } from '#core/voices/voice.ts';
import type { VoiceFilter, VoiceStore } from '#core/voices/voice-store.ts';
import { listVoices } from '#core/voices/voices.ts';
import { ConfiguredVoices } from './configured-voices.ts';
import { ElevenLabsVoices } from './elevenlabs/voices.ts';

const library = JSON.stringify({ voices: [{ voice_id: 'r', name: 'Rachel', labels: { gender: 'female' } }] });
const failures: readonly (readonly [number, string])[] = [
  [500, '{"detail":{"status":"internal_error","message":"Something went wrong"}}'],
  [500, ''],
  [200, '<html>'],
  [200, '{"voices":{}}'],
];
let answer: readonly [number, string] = [200, library];
const vendor = createServer((_request, reply) => void reply.writeHead(answer[0]).end(answer[1]));
before(() => new Promise<void>((resolve) => void vendor.listen(0, '127.0.0.1', resolve)));
after(() => void vendor.close());

/** Keeps offers as the database does. */
class Offers {
  readonly #offered = new Map<string, readonly VendorVoice[]>();

  offer(provider: string, voices: readonly VendorVoice[]): Promise<void> {
    this.#offered.set(provider, voices);
    return Promise.resolve();
  }

  list(_: number, providers: readonly string[], { provider: asked }: VoiceFilter): Promise<readonly Voice[]> {
    const listed = providers.filter((one) => asked === undefined || one === asked);
    return Promise.resolve(
      listed.flatMap((provider) => (this.#offered.get(provider) ?? []).map((one) => ({ ...one, provider }) as Voice)),
    );
  }
}

function catalogue() {
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  let nowMs = 0;
  const speaker = { id: 'elevenlabs', voices: new ElevenLabsVoices(url, 'key') };
  const voices = new ConfiguredVoices({
    providers: { speakers: [speaker] },
    offlineVoice: {} as never,
    encode: () => Promise.reject(new Error('nothing is spoken')),
    nowMs: () => nowMs,
  });
  const core = {
    voices,
    store: { voices: new Offers() as unknown as VoiceStore } as never,
    clock: { now: () => new Date(nowMs) } as never,
  };
  return {
    list: (filter: VoiceFilter = {}) => listVoices(core, { organizationId: 1 }, filter),
    later: () => void (nowMs += 6 * 60_000),
  };
}

for (const failure of failures) {
  const shown = `${failure[0]} ${failure[1] || 'without a body'}`;

  it(`a vendor that answers ${shown} keeps the voices that it offered before`, async () => {
    const { list, later } = catalogue();
    answer = [200, library];
    const before = await list();
    assert.deepEqual(before.unavailable, []);
    assert.ok(before.voices.some(({ name }) => name === 'Rachel'));

    answer = failure;
    later();
    const during = await list();
    assert.deepEqual(during.voices, before.voices);
    assert.deepEqual(
      during.unavailable.map(({ provider }) => provider),
      ['elevenlabs'],
    );
    assert.equal((await list({ provider: 'elevenlabs' })).voices.length, 1);

    answer = [200, library];
    later();
    assert.deepEqual(await list(), before);
  });

  it(`a vendor that has only answered ${shown} is left out; asked for alone, it is an error`, async () => {
    const { list } = catalogue();
    answer = failure;
    const { voices, unavailable } = await list();
    assert.ok(voices.length > 0 && voices.every(({ provider }) => provider === 'offline'));
    assert.equal(unavailable.length, 1);
    await assert.rejects(list({ provider: 'elevenlabs' }), { code: 'upstream-failed' });
  });
}
