import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sherpa } from '#providers/sherpa/manifest.ts';
import type { VendorProviders } from '#providers/manifest.ts';
import { MODELS } from '../../src/commands/models/model-catalogue.ts';
import { pull } from '../../src/commands/models/pull.ts';
import { recognise, speechToTextChecks, type Heard } from '../contract/speech-to-text.ts';
import { speak, textToSpeechChecks } from '../contract/text-to-speech.ts';
import { WHEELS } from '../support/wheels.ts';

// The catalogue's models that PyPI has, from a folder: pulled, loaded, and one heard by the other on a telephone line.

const NAMES = ['moonshine-tiny-en', 'piper-joe-en'];
const SENTENCES = ['What does it cost?', 'Please call me back on Friday.', 'I would like to talk to a person.'];

describe('models of the catalogue', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-real-models-'));
  let made: VendorProviders;
  const heard: Heard[] = [];
  before(async () => {
    for (const model of MODELS.filter(({ name }) => NAMES.includes(name)))
      await pull(model, { folder, mirror: WHEELS, progress: () => undefined });
    made = sherpa.make!({ apiKey: null, baseUrl: null, folder });
    await made.check(AbortSignal.timeout(120_000));
    for (const text of SENTENCES) {
      const { pcm, rate } = await speak(made.textToSpeech!, text, 'sherpa-piper-joe-en');
      const line = Int16Array.from(
        { length: Math.floor((pcm.length * 8000) / rate) },
        (_, i) => pcm[Math.floor((i * rate) / 8000)]!,
      );
      heard.push({ text, pcm: line });
    }
  });
  after(() => {
    made.close!();
    rmSync(folder, { recursive: true });
  });

  for (const [what, check] of Object.entries(textToSpeechChecks)) it(`Joe ${what}`, () => check(made.textToSpeech!));
  for (const [what, check] of Object.entries(speechToTextChecks))
    // It is fed faster than people speak: the final text overtakes what was heard so far.
    if (!what.startsWith('says something before')) it(`Moonshine ${what}`, () => check(made.speechToText!, heard));

  it('Moonshine keeps up with twelve callers', async () => {
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => recognise(made.speechToText!, [heard[i % 3]!.pcm])),
    );
    assert.deepEqual(
      all.map(({ finals }) => finals[0]),
      Array.from({ length: 12 }, (_, i) => heard[i % 3]!.text),
    );
  });
});
