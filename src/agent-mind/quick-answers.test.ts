import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ENGLISH_PHRASES, type TurnPolicy } from '#engine/turns/policy.ts';
import { stage, type Stage } from '../../test/engine/scripted.ts';
import { QuickAnswers } from './quick-answers.ts';

const GREETING: Partial<TurnPolicy> = { firstMessage: 'Hello, this is Ada. How can I help you today?' };

/** When each frame of the first five seconds was sent, and what was said in them. */
async function firstSeconds(scene: Stage) {
  scene.session.start(scene.line);
  await scene.silence(5000);
  return { frames: scene.line.frames.map((frame) => frame.atMs), said: scene.entries('agent') };
}

const withQuick = (quick: QuickAnswers): Stage =>
  stage({ ...GREETING, ...quick.policy }, 1, (providers, clock) => {
    const models = providers.languageModels.map((one) => Object.assign(one, { cancels: true }));
    return quick.providers({ ...providers, languageModels: models }, clock, ENGLISH_PHRASES);
  });

it('leaves the first words of a call as they are, however late the answers of calls before it were', async () => {
  const plain = await firstSeconds(stage(GREETING));
  assert.deepEqual(plain.said, [GREETING.firstMessage]);
  assert.ok(plain.frames.length > 100, `${plain.frames.length} frames`);
  const quick = new QuickAnswers({ speculates: true, firstClauseLetters: 40, openingAfterMs: 700, hedgedShare: 0.5 });
  for (let call = 0; call < 25; call++) {
    const scene = withQuick(quick);
    const late = call >= 22;
    // Enough answers for second requests; the requests of late calls are under way from then on.
    scene.models[0]!.delayMs = late ? 60_000 : call < 20 ? 300 : 200;
    assert.deepEqual(await firstSeconds(scene), plain, `call ${call}`);
    await scene.speak(1000, 'what does it cost');
    await scene.silence(3000);
    assert.equal(scene.models[0]!.requests.length, late ? 2 : 1, `call ${call}`);
    // Late ones are opened, by a voice or by what is kept.
    assert.ok(scene.line.frames.length > plain.frames.length, `call ${call}`);
    if (call % 2 === 0) scene.session.hungUp('over');
  }
});
