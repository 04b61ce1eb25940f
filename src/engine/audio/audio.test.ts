import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FRAME_SAMPLES } from './format.ts';
import { decodeMulaw, encodeMulaw } from './mulaw.ts';
import { resample, Resampler } from './resampler.ts';
import { RecentAudio } from './recent-audio.ts';
import { isKeyTone, ToneDetector, tone } from './tone.ts';
import { parseWav, wavFile } from './wav.ts';

describe('mu-law', () => {
  it('gives every code back', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const back = encodeMulaw(decodeMulaw(codes));
    // 0x7f and 0xff are both zero.
    assert.deepEqual(
      [...back].map((code) => (code === 0x7f ? 0xff : code)),
      [...codes].map((code) => (code === 0x7f ? 0xff : code)),
    );
  });

  it('keeps a sine within its step size', () => {
    const sine = Int16Array.from({ length: 8000 }, (_, i) => Math.round(12_000 * Math.sin(i / 5)));
    const back = decodeMulaw(encodeMulaw(sine));
    for (let i = 0; i < sine.length; i++) assert.ok(Math.abs(back[i]! - sine[i]!) <= 16 + Math.abs(sine[i]!) / 16);
  });
});

describe('resampling', () => {
  const sine = (rate: number, hz: number) =>
    Int16Array.from({ length: rate }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * i) / rate)));
  const rms = (pcm: Int16Array) => Math.sqrt(pcm.reduce((sum, v) => sum + v * v, 0) / pcm.length);

  for (const [from, to] of [
    [16_000, 8000],
    [24_000, 8000],
    [8000, 48_000],
  ] as const) {
    it(`${from} to ${to} keeps duration and level`, () => {
      const out = resample(sine(from, 1000), from, to);
      assert.equal(out.length, to);
      assert.ok(Math.abs(rms(out) / rms(sine(from, 1000)) - 1) < 0.02);
    });
  }

  it('24 kHz to 8 kHz lets nothing above the new half rate through', () => {
    // Away from the edges, where a sine that begins and ends at once holds every frequency.
    assert.ok(rms(resample(sine(24_000, 6000), 24_000, 8000).subarray(200, 7800)) < 3);
  });

  it('gives the same in pieces as in one', () => {
    const whole = sine(24_000, 700);
    const one = new Resampler(24_000, 8000).process(whole).slice();
    const resampler = new Resampler(24_000, 8000);
    const pieces: number[] = [];
    for (let at = 0; at < whole.length; at += 333) pieces.push(...resampler.process(whole.subarray(at, at + 333)));
    assert.deepEqual(pieces, [...one]);
  });
});

describe('WAV', () => {
  it('reads what it wrote, also from the middle of a shared buffer', () => {
    const pcm = Int16Array.from([1, -2, 30_000, -30_000]);
    const file = Buffer.concat([Buffer.from('xx'), wavFile(pcm, 8000)]).subarray(2);
    const wav = parseWav(file, decodeMulaw);
    assert.equal(wav.sampleRateHz, 8000);
    assert.deepEqual([...wav.channels[0]!], [...pcm]);
  });

  it('says plainly what it cannot read', () => {
    assert.throws(() => parseWav(new Uint8Array(100), decodeMulaw), /not a WAV file/);
  });
});

describe('the beep of a voicemail', () => {
  const frames = (pcm: Int16Array) =>
    Array.from({ length: Math.floor(pcm.length / FRAME_SAMPLES) }, (_, i) =>
      pcm.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES),
    );
  const silence = new Int16Array(FRAME_SAMPLES * 4);

  for (const hz of [440, 1000, 1400, 2000, 620, 1025]) {
    it(`is noticed once, when ${hz} Hz end`, () => {
      const detector = new ToneDetector();
      const found = [...frames(tone(hz, 500)), ...frames(silence)]
        .map((frame) => detector.push(frame))
        .filter((what) => what !== null);
      assert.deepEqual(found, ['started', 'ended']);
    });
  }

  it('is not a voice, noise, or a click', () => {
    const detector = new ToneDetector();
    let seed = 1;
    const noise = Int16Array.from(
      { length: 16_000 },
      () => ((seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16) - 16_384,
    );
    const vowel = Int16Array.from({ length: 16_000 }, (_, i) =>
      Math.round([120, 240, 700, 1200].reduce((sum, hz) => sum + 3000 * Math.sin((2 * Math.PI * hz * i) / 8000), 0)),
    );
    for (const frame of [...frames(noise), ...frames(vowel), ...frames(tone(1000, 60)), ...frames(silence)])
      assert.equal(detector.push(frame), null);
  });
});

describe('keys', () => {
  const keyTone = (low: number, high: number) =>
    tone(low, 40, 4000)
      .map((sample, i) => sample + tone(high, 40, 4000)[i]!)
      .subarray(32, 288);

  it('are two tones, and no voice', () => {
    for (const low of [697, 770, 852, 941])
      for (const high of [1209, 1336, 1477]) assert.ok(isKeyTone(keyTone(low, high)), `${low} ${high}`);
    assert.ok(!isKeyTone(tone(697, 40, 4000).subarray(32, 288)));
    assert.ok(
      !isKeyTone(
        Int16Array.from({ length: 256 }, (_, i) =>
          Math.round(
            [120, 240, 700, 1200, 2400].reduce((sum, hz) => sum + 2000 * Math.sin((2 * Math.PI * hz * i) / 8000), 0),
          ),
        ),
      ),
    );
  });

  it('a lost packet does not end a beep', () => {
    const detector = new ToneDetector();
    const beep = tone(1000, 600);
    beep.fill(0, 2400, 2560);
    const found: string[] = [];
    for (let at = 0; at < 8000; at += 160) {
      const what = detector.push(at < beep.length ? beep.subarray(at, at + 160) : new Int16Array(160));
      if (what) found.push(`${what} ${at / 8}`);
    }
    assert.deepEqual(found, ['started 140', 'ended 640']);
  });
});

describe('recent audio', () => {
  const frame = (n: number) => new Uint8Array(160).fill(n);
  const first = (recent: RecentAudio) => [...recent.frames()].map(([byte]) => byte);

  it('keeps a little, and an utterance with a little of what was before it', () => {
    const recent = new RecentAudio();
    for (let n = 0; n < 100; n++) recent.push(frame(n));
    recent.hold();
    for (let n = 100; n < 200; n++) recent.push(frame(n));
    assert.deepEqual(
      first(recent),
      Array.from({ length: 120 }, (_, i) => 80 + i),
    );
    recent.release();
    assert.deepEqual(
      first(recent),
      Array.from({ length: 20 }, (_, i) => 180 + i),
    );
  });

  it('never grows over fifteen seconds', () => {
    const recent = new RecentAudio();
    recent.hold();
    for (let n = 0; n < 5000; n++) recent.push(frame(n % 256));
    assert.ok([...recent.frames()].length <= 750);
    assert.equal(first(recent).at(-1), 4999 % 256);
  });
});
