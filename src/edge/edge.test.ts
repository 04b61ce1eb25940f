import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MediaBudget } from './media-budget.ts';
import { markMessage, mediaMessage, readMessage } from './media-messages.ts';
import { SignedUrls } from './signed-urls.ts';

describe('media messages', () => {
  it('are read as Media Streams sends them', () => {
    assert.deepEqual(readMessage('{"event":"connected","protocol":"Call"}'), { type: 'connected', streamSid: null });
    assert.deepEqual(readMessage('{"event":"start","start":{"streamSid":"MZ1"},"streamSid":"MZ1"}'), {
      type: 'start',
      streamSid: 'MZ1',
      parameters: {},
    });
    const media = readMessage(mediaMessage('MO1', Uint8Array.from([1, 2, 255])));
    assert.ok(media.type === 'media');
    assert.deepEqual([...media.audio], [1, 2, 255]);
    assert.deepEqual(readMessage(markMessage('s', 'm1')), { type: 'mark', streamSid: 's', name: 'm1' });
    assert.deepEqual(readMessage('{"event":"somethingNew"}'), { type: 'unknown', streamSid: null });
  });

  it("of the agent's own track are not taken for the caller's audio", () => {
    const of = (track: string) =>
      readMessage(JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { track, payload: 'AQL/' } }));
    assert.deepEqual(of('outbound'), { type: 'unknown', streamSid: 'MZ1' });
    assert.equal(of('inbound').type, 'media');
    assert.equal(of('inbound_track').type, 'media');
  });

  it('that make no sense are refused in plain words', () => {
    for (const bad of [
      '',
      'null',
      '[]',
      '{}',
      '{"event":5}',
      '{"event":"media"}',
      '{"event":"media","media":{"payload":7}}',
      '{"event":"mark"}',
      '{"event":"dtmf","dtmf":{"digit":"10"}}',
      '{"event":"media","media":{"payload":"%%%%"}}',
    ])
      assert.throws(() => readMessage(bad), Error, bad);
    assert.throws(
      () => readMessage(JSON.stringify({ event: 'media', media: { payload: 'A'.repeat(20_000) } })),
      /longer than a second/,
    );
  });
});

describe('signed addresses', () => {
  const query = (url: string) => Object.fromEntries(new URL(url, 'http://x').searchParams);

  it('open their own path until they run out, and nothing else', () => {
    let now = 1_000_000;
    const urls = new SignedUrls('key', () => now);
    const signed = query(urls.sign('/app/calls/CA1', 60_000));
    assert.ok(urls.opens('/app/calls/CA1', signed));
    assert.ok(!urls.opens('/app/calls/CA2', signed));
    assert.ok(!urls.opens('/app/calls/CA1', { ...signed, expires: String(Number(signed['expires']) + 1) }));
    assert.ok(!urls.opens('/app/calls/CA1', { ...signed, signature: ['a', 'b'] }));
    assert.ok(!urls.opens('/app/calls/CA1', {}));
    assert.ok(!new SignedUrls('other', () => now).opens('/app/calls/CA1', signed));
    now += 61_000;
    assert.ok(!urls.opens('/app/calls/CA1', signed));
  });
});

describe('what a media socket may send', () => {
  const FRAME = 160;
  const SECOND = 8000;

  it('is real time with jitter, and a burst after a pause', () => {
    const budget = new MediaBudget(0);
    for (let ms = 0; ms < 10_000; ms += 20) assert.equal(budget.audio(FRAME, ms + (ms % 60)), 'taken');
    const late = 11_500;
    for (let n = 0; n < 75; n++) assert.equal(budget.audio(FRAME, late), 'taken', `frame ${n} of a burst`);
    const chunks = new MediaBudget(0);
    for (let second = 1; second < 20; second++) assert.equal(chunks.audio(SECOND, second * 1000), 'taken');
  });

  it('is no more than that: the rest is dropped, and a flood ends', () => {
    const budget = new MediaBudget(0);
    let taken = 0;
    const verdicts = new Set<string>();
    for (let n = 0; n < 400; n++) {
      const verdict = budget.audio(SECOND / 4, n * 25);
      verdicts.add(verdict);
      if (verdict === 'taken') taken += 250;
    }
    assert.ok(taken <= 10_000 + 2000 && taken > 9500, `${taken} ms in 10 s`);
    assert.deepEqual([...verdicts], ['taken', 'first', 'dropped', 'flood']);
  });

  it('is a bounded number of messages', () => {
    const budget = new MediaBudget(0);
    const taken = Array.from({ length: 5000 }, (_, n) => budget.message(n)).filter(Boolean).length;
    assert.ok(taken >= 1900 && taken <= 2001, `${taken} messages in 5 s`);
  });
});
