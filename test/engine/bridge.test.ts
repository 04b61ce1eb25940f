import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import {
  brief,
  endBriefing,
  hears,
  hold,
  listen,
  mute,
  takeOver,
  talk,
  unmute,
  whisper,
  type Attendance,
} from '#live/bridge/hearing.ts';
import { JitterBuffer } from '#live/bridge/jitter-buffer.ts';
import { mixFrames } from '#live/bridge/mix.ts';
import { HoldMusic } from '#live/desk/hold-music.ts';
import { amplitudeAt, BridgeStage, Tone } from './bridge-stage.ts';

const LEVEL = 4000;
/** -60 dB below full scale. */
const SILENT = 33;
const HZ: Readonly<Record<string, number>> = { person: 400, 'ai-agent': 700, ann: 1000, bob: 1300, boss: 1600 };

/** Five participants, each with a tone of its own. */
function fullHouse(): BridgeStage {
  const stage = new BridgeStage();
  stage.join('ann', 'human-agent');
  stage.join('bob', 'colleague');
  stage.join('boss', 'supervisor');
  for (const [id, hz] of Object.entries(HZ)) if (id !== 'ai-agent') stage.speak(id, new Tone(hz, LEVEL));
  stage.agentSays(1, new Tone(HZ['ai-agent']!, LEVEL).linear(8000 * 300));
  return stage;
}

/** Whom each participant heard between two instants, as `listener<speaker`. */
function heardPairs(stage: BridgeStage, fromMs: number, toMs: number): string[] {
  const pairs: string[] = [];
  for (const { id } of stage.bridge.attendance) {
    const samples = id === 'ai-agent' ? stage.agentHeardBetween(fromMs, toMs) : stage.leg(id).heard(fromMs, toMs);
    for (const [speaker, hz] of Object.entries(HZ)) {
      const level = amplitudeAt(samples, hz);
      if (level > LEVEL / 2) pairs.push(`${id}<${speaker}`);
      else assert.ok(level < SILENT * 3, `${id} hears ${speaker} at ${level}`);
    }
  }
  return pairs.toSorted();
}

const expectedPairs = (all: Attendance): string[] =>
  all.flatMap((one) => all.filter((other) => hears(one, other)).map((other) => `${one.id}<${other.id}`)).toSorted();

describe('the bridge, in audio', () => {
  it('lets each of five participants hear whom the matrix says, and never themselves', () => {
    const stage = fullHouse();
    const changes: ((all: Attendance) => Attendance)[] = [
      (all) => all,
      (all) => talk(all, 'ann'),
      (all) => talk(all, 'bob'),
      (all) => whisper(all, 'boss', 'ann'),
      (all) => hold(all, 'person'),
      (all) => brief(all, 'ai-agent', 'ann'),
      (all) => endBriefing(all, 'ann'),
      (all) => takeOver(all, 'ann'),
      (all) => mute(all, 'ann'),
      (all) => listen(unmute(all, 'ann'), 'bob'),
      (all) => takeOver(all, 'boss'),
      (all) => takeOver(all, 'ai-agent'),
    ];
    for (const change of changes) {
      stage.bridge.change(change);
      stage.run(120);
      const from = stage.clock.nowMs();
      stage.run(400);
      assert.deepEqual(heardPairs(stage, from, from + 400), expectedPairs(stage.bridge.attendance));
    }
  });

  it("desk.md 21: leaves no energy of a whisper or a briefing on the person's channel", () => {
    const stage = fullHouse();
    stage.bridge.change((all) => whisper(talk(all, 'ann'), 'boss', 'ann'));
    stage.run(2000);
    const whispered = stage.leg('person').heard(100, 2000);
    assert.ok(amplitudeAt(whispered, HZ['boss']!) < SILENT);
    assert.ok(amplitudeAt(stage.leg('ann').heard(100, 2000), HZ['boss']!) > LEVEL / 2);
    stage.bridge.change((all) => brief(all, 'ai-agent', 'ann'));
    stage.run(2000);
    const briefed = stage.leg('person').heard(2100, 4000);
    for (const id of ['ai-agent', 'ann', 'boss']) assert.ok(amplitudeAt(briefed, HZ[id]!) < SILENT, id);
    assert.ok(amplitudeAt(stage.leg('ann').heard(2100, 4000), HZ['ai-agent']!) > LEVEL / 2);
  });

  it('desk.md 17: gives the recording what the person hears, and apart what only others hear', () => {
    const stage = fullHouse();
    stage.bridge.change((all) => whisper(talk(all, 'ann'), 'boss', 'ann'));
    stage.run(1000);
    const toPerson = decodeMulaw(Buffer.concat(stage.toPerson.slice(10)));
    const apart = decodeMulaw(Buffer.concat(stage.apart.slice(10).map(({ mulaw }) => mulaw)));
    assert.ok(stage.apart.every(({ from }) => from === 'people'));
    for (const id of ['ai-agent', 'ann']) {
      assert.ok(amplitudeAt(toPerson, HZ[id]!) > LEVEL / 2, id);
      assert.ok(amplitudeAt(apart, HZ[id]!) < SILENT, id);
    }
    assert.ok(amplitudeAt(toPerson, HZ['boss']!) < SILENT);
    assert.ok(amplitudeAt(apart, HZ['boss']!) > LEVEL / 2);
    stage.apart.length = 0;
    stage.bridge.change((all) => takeOver(all, 'ann'));
    stage.run(500);
    // The AI agent is heard by no one now, the supervisor still whispers.
    assert.ok(stage.apart.every(({ from }) => from === 'people'));
    stage.bridge.change((all) => brief(listen(all, 'boss'), 'ai-agent', 'ann'));
    stage.apart.length = 0;
    stage.run(500);
    assert.deepEqual([...new Set(stage.apart.map(({ from }) => from))].toSorted(), ['ai-agent', 'people']);
  });

  it('plays hold music to the person while they are on hold, and to no one else', () => {
    const stage = new BridgeStage();
    stage.join('ann', 'human-agent');
    stage.join('boss', 'supervisor');
    const music = new HoldMusic(stage.bridge, stage.clock);
    stage.bridge.change((all) => hold(hold(takeOver(all, 'ann'), 'ai-agent'), 'person'));
    music.start();
    stage.run(2000);
    const loudest = (who: string, fromMs: number) =>
      stage
        .leg(who)
        .heard(fromMs, stage.clock.nowMs())
        .reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    assert.ok(loudest('person', 0) > 1000, 'the person hears it');
    for (const who of ['ann', 'boss']) assert.equal(loudest(who, 0), 0, who);
    stage.bridge.change((all) => talk(all, 'person'));
    const resumed = stage.clock.nowMs();
    stage.run(500);
    assert.equal(loudest('person', resumed + 60), 0, 'not while they talk');
    stage.bridge.change((all) => hold(all, 'person'));
    music.stop();
    const ended = stage.clock.nowMs();
    stage.run(500);
    assert.equal(loudest('person', ended + 60), 0, 'it has ended');
  });

  it('makes a change heard within 40 ms', () => {
    const stage = fullHouse();
    stage.bridge.change((all) => talk(all, 'ann'));
    stage.run(1007);
    const at = stage.clock.nowMs();
    stage.bridge.change((all) => mute(all, 'ann'));
    stage.run(500);
    assert.ok(amplitudeAt(stage.leg('person').heard(at - 100, at), HZ['ann']!) > LEVEL / 2);
    assert.ok(amplitudeAt(stage.leg('person').heard(at + 40, at + 240), HZ['ann']!) < SILENT);
    const back = stage.clock.nowMs();
    stage.bridge.change((all) => unmute(all, 'ann'));
    stage.run(500);
    assert.ok(amplitudeAt(stage.leg('person').heard(back + 40, back + 120), HZ['ann']!) > LEVEL / 2);
  });

  it('goes on for the others when one leaves, stalls or breaks', () => {
    const stage = new BridgeStage();
    for (const [id, role] of [
      ['ann', 'human-agent'],
      ['bob', 'colleague'],
    ] as const) {
      stage.join(id, role);
      stage.bridge.change((all) => talk(all, id));
    }
    stage.speak('person', new Tone(HZ['person']!, LEVEL));
    const stopAnn = stage.speak('ann', new Tone(HZ['ann']!, LEVEL));
    stage.speak('bob', new Tone(HZ['bob']!, LEVEL));
    const others = (fromMs: number, id: 'person' | 'bob', speaker: 'person' | 'bob') =>
      assert.ok(amplitudeAt(stage.leg(id).heard(fromMs, fromMs + 300), HZ[speaker]!) > LEVEL * 0.8);
    stage.run(500);
    stopAnn();
    stage.run(500);
    others(600, 'person', 'bob');
    assert.ok(amplitudeAt(stage.leg('person').heard(600, 900), HZ['ann']!) < SILENT);
    stage.leg('ann').isBroken = true;
    stage.run(500);
    others(1100, 'person', 'bob');
    others(1100, 'bob', 'person');
    assert.deepEqual(stage.failures, ['ann']);
    stage.bridge.leave('bob');
    stage.bridge.leave('bob');
    stage.run(100);
    assert.ok(stage.bridge.isDirect, 'the person and the agent alone need no mixing');
    assert.ok(stage.leg('person').longestLeadMs <= 200);
  });

  it('never leads a connection by more than the mixing lead, and keeps up after a stall of the process', () => {
    const stage = fullHouse();
    stage.bridge.change((all) => talk(all, 'ann'));
    stage.run(1000);
    const stalledAt = stage.clock.nowMs();
    stage.clock.stall(700);
    stage.run(1000);
    for (const leg of stage.legs.values()) assert.ok(leg.longestLeadMs <= 60, String(leg.longestLeadMs));
    assert.ok(amplitudeAt(stage.leg('person').heard(stalledAt + 900, stalledAt + 1500), HZ['ann']!) > LEVEL / 2);
  });
});

describe('the plain pair on the bridge', () => {
  it('passes the very frames on, with no timer and no delay', () => {
    const stage = new BridgeStage();
    const sent: Uint8Array[] = [];
    const leg = stage.leg('person');
    leg.send = (frame) => void sent.push(frame);
    assert.ok(stage.bridge.isDirect && stage.clock.idle);
    const chunk = new Tone(400, LEVEL).mulaw(777);
    stage.says('person', chunk);
    assert.deepEqual(stage.agentHeard, [{ atMs: 0, mulaw: chunk }]);
    stage.agentSays(1, new Tone(700, LEVEL).linear(FRAME_SAMPLES));
    assert.equal(sent.length, 1);
    assert.deepEqual(sent[0], encodeMulaw(new Tone(700, LEVEL).linear(FRAME_SAMPLES)));
    assert.deepEqual(stage.toPerson, []);
  });

  it('is heard once and whole over the change to mixing and back, and proved by marks', () => {
    const stage = new BridgeStage();
    // Each frame has a level of its own, so that its place in what was heard is known.
    const frames = 60;
    const level = (n: number) => decodeMulaw(Uint8Array.of(0x8a + n))[0]!;
    stage.agentSays(
      1,
      Int16Array.from({ length: frames * FRAME_SAMPLES }, (_, i) => level(Math.floor(i / FRAME_SAMPLES))),
    );
    stage.run(413);
    stage.join('ann', 'human-agent');
    assert.ok(!stage.bridge.isDirect);
    stage.run(400);
    stage.bridge.leave('ann');
    assert.ok(stage.bridge.isDirect);
    stage.run(2000);
    const heard = stage.leg('person').heard(0, 2500);
    const counts = new Map<number, number>();
    for (const sample of heard) counts.set(sample, (counts.get(sample) ?? 0) + 1);
    for (let n = 0; n < frames; n++) {
      const times = counts.get(level(n)) ?? 0;
      assert.ok(times >= FRAME_SAMPLES / 2 && times <= FRAME_SAMPLES * 2, `frame ${n} was heard for ${times} samples`);
    }
    const sequence = [...heard].filter((sample) => sample !== 0);
    assert.ok(stage.finished && !stage.proved.estimated);
    assert.ok(Math.abs(sequence.length - frames * FRAME_SAMPLES) <= 2 * FRAME_SAMPLES);
  });

  it('desk.md 22: ends within 200 ms when a human takes over, and what was cut off is not proved', () => {
    const stage = new BridgeStage();
    stage.agentSays(1, new Tone(700, LEVEL).linear(8000 * 5));
    stage.run(1000);
    stage.join('ann', 'human-agent');
    stage.bridge.change((all) => takeOver(all, 'ann'));
    const at = stage.clock.nowMs();
    stage.run(600);
    assert.ok(amplitudeAt(stage.leg('person').heard(at - 200, at), 700) > LEVEL / 2);
    assert.ok(amplitudeAt(stage.leg('person').heard(at + 200, at + 600), 700) < SILENT);
    stage.playout.clear();
    assert.ok(stage.proved.samples <= (at + 60) * 8, String(stage.proved.samples));
  });

  it('proves while mixed only what the person heard before a clear', () => {
    const stage = new BridgeStage();
    stage.join('ann', 'human-agent');
    stage.agentSays(1, new Tone(700, LEVEL).linear(8000 * 5));
    stage.run(1000);
    stage.playout.clear();
    stage.run(1000);
    const heard = stage.leg('person').heard(0, 2000);
    const last = heard.findLastIndex((sample) => sample !== 0) / 8;
    assert.ok(last <= 1060, `heard until ${last} ms`);
    assert.ok(stage.proved.samples / 8 <= last && stage.proved.samples / 8 >= last - 320, String(stage.proved.samples));
    assert.ok(!stage.proved.estimated);
  });
});

describe('the jitter buffer', () => {
  const frame = new Int16Array(FRAME_SAMPLES);
  const chunk = (ms: number) => new Uint8Array(ms * 8).fill(0x20);

  it('gives all of a steady input, whatever the length of its chunks', () => {
    for (const ms of [20, 30, 100, 1000]) {
      const buffer = new JitterBuffer();
      let taken = 0;
      for (let now = 0; now < 10_000; now += 10) {
        if (now % ms === 0) buffer.push(chunk(ms));
        if (now % 20 === 0 && buffer.take(frame)) taken++;
      }
      assert.ok(taken >= 10_000 / 20 - ms / 20 - 3, `${taken} frames of chunks of ${ms} ms`);
      assert.ok(buffer.delayMs <= ms + 60);
    }
  });

  it('falls back to a small delay within two seconds of a burst', () => {
    const buffer = new JitterBuffer();
    for (let n = 0; n < 50; n++) buffer.push(chunk(20));
    assert.ok(buffer.delayMs <= 220);
    for (let n = 0; n < 100; n++) {
      buffer.take(frame);
      buffer.push(chunk(20));
    }
    assert.ok(buffer.delayMs <= 60, String(buffer.delayMs));
  });

  it('is bounded for any order of chunks and frames', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 1000 })), { maxLength: 200 }),
        (steps) => {
          const buffer = new JitterBuffer();
          let pushed = 0;
          let taken = 0;
          for (const step of steps) {
            if (step >= 0) {
              buffer.push(chunk(step));
              pushed += step;
            } else if (buffer.take(frame)) taken += 20;
            assert.ok(buffer.delayMs >= 0 && buffer.delayMs <= 1200);
            assert.ok(taken <= pushed);
          }
        },
      ),
    );
  });
});

describe('the mix', () => {
  it('limits what is too loud and never wraps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 6 }), (levels) => {
        const out = new Uint8Array(FRAME_SAMPLES);
        mixFrames(
          levels.map((level) => new Int16Array(FRAME_SAMPLES).fill(level)),
          out,
        );
        const sum = Math.max(
          -32_768,
          Math.min(
            32_767,
            levels.reduce((a, b) => a + b, 0),
          ),
        );
        assert.deepEqual(out, encodeMulaw(new Int16Array(FRAME_SAMPLES).fill(sum)));
      }),
    );
  });
});
