import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { UNKNOWN_CHANNEL } from './channel-mean.ts';
import { Decoder } from './decoder.ts';

describe('the channel mean of a caller', () => {
  let decoder: Decoder;
  before(async () => {
    decoder = await Decoder.create();
    const words = ['yes', 'please'];
    decoder.use({ unigrams: new Map(words.map((word) => [word, 0.5])), histories: new Map() }, new Map(), 'test');
  });

  const hear = (loudness: number) => {
    for (let at = 0; at < 10; at++)
      decoder.push(Int16Array.from({ length: 1600 }, (_, i) => Math.sin((at * 1600 + i) ** 1.4) * loudness));
  };

  it('is not that of whom the decoder heard before', () => {
    decoder.start();
    hear(20_000);
    decoder.stop();
    const loud = decoder.channel();
    assert.notDeepEqual(loud.mean, UNKNOWN_CHANNEL.mean);
    decoder.start();
    assert.deepEqual(decoder.channel(), UNKNOWN_CHANNEL);
    hear(200);
    decoder.stop();
    assert.notDeepEqual(decoder.channel().mean, loud.mean);
    decoder.start(loud);
    assert.deepEqual(decoder.channel(), loud);
    decoder.stop();
  });

  it('is measured once from an utterance that is decoded again', () => {
    decoder.start();
    hear(20_000);
    decoder.stop();
    const once = decoder.channel();
    decoder.start();
    hear(20_000);
    decoder.restart();
    hear(20_000);
    decoder.stop();
    assert.equal(decoder.channel().frames, once.frames);
    assert.deepEqual(
      decoder.channel().mean.map((one) => Math.round(one * 10)),
      once.mean.map((one) => Math.round(one * 10)),
    );
  });
});
