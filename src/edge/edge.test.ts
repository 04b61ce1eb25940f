import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
