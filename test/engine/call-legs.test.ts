import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ownership } from '#core/calls/call-store.ts';
import type { Leg } from '#core/calls/leg.ts';
import type { LegProgress, LegStore, NewLeg } from '#core/calls/leg-store.ts';
import type { Log } from '#core/kernel/log.ts';
import { takeOver } from '#live/bridge/hearing.ts';
import { CallLegs, participantOf } from '#live/call-legs.ts';
import { amplitudeAt, BridgeStage, FarEnd, Tone } from './bridge-stage.ts';

const ownership: Ownership = { owner: 'here', epoch: 1 };
const quiet = { error: () => undefined } as unknown as Log;

/** Legs on record, of a call that this server owns until `isOver`. */
class Legs {
  readonly rows = new Map<number, { status: string; cause: string | null }>();
  isOver = false;

  readonly store = {
    add: (callId: number, by: Ownership, leg: NewLeg): Promise<Leg | null> => {
      assert.equal(by, ownership);
      if (this.isOver) return Promise.resolve(null);
      const id = this.rows.size + 1;
      this.rows.set(id, { status: 'placed', cause: null });
      const times = { answeredAt: null, endedAt: null, cause: null };
      return Promise.resolve({ userId: null, ...leg, ...times, id, callId, status: 'placed' });
    },
    progress: (id: number, _: Ownership, change: LegProgress): Promise<boolean> => {
      const row = this.rows.get(id)!;
      if (this.isOver || row.status === 'ended') return Promise.resolve(false);
      this.rows.set(id, { status: change.status, cause: 'cause' in change ? change.cause : null });
      return Promise.resolve(true);
    },
  } as unknown as LegStore;
}

async function humanOnCall() {
  const stage = new BridgeStage();
  const records = new Legs();
  const clock = { now: () => new Date(0) };
  const call = { id: 1, sid: 'CA1' };
  const legs = new CallLegs({ call, ownership, legs: records.store, bridge: stage.bridge, clock, log: quiet });
  const leg = (await legs.add({ kind: 'human-agent', carrier: 'web', carrierLegId: null, address: 'user_5' }))!;
  const digits: string[] = [];
  const connect = (media: FarEnd) => legs.connect(leg, media, { dtmf: (digit) => digits.push(digit) });
  return { stage, records, legs, leg, digits, connect };
}

describe('the legs of a running call', () => {
  it('a party joins when its media is connected, talks with the person, and leaves with its connection', async () => {
    const { stage, records, leg, digits, connect } = await humanOnCall();
    const media = new FarEnd(stage.clock);
    const events = (await connect(media))!;
    assert.deepEqual(records.rows.get(leg.id), { status: 'answered', cause: null });
    stage.bridge.change((all) => takeOver(all, participantOf(leg)));
    stage.speak('person', new Tone(400, 4000));
    const tone = new Tone(1000, 4000);
    const hush = stage.clock.everyFrame(() => events.audio(tone.mulaw()));
    stage.run(1000);
    assert.ok(amplitudeAt(stage.leg('person').heard(200, 1000), 1000) > 2000);
    assert.ok(amplitudeAt(media.heard(200, 1000), 400) > 2000);
    events.dtmf('1');
    assert.deepEqual(digits, ['1']);
    hush();
    events.hungUp();
    assert.ok(!stage.bridge.attendance.some(({ id }) => id === participantOf(leg)));
    assert.deepEqual(records.rows.get(leg.id), { status: 'ended', cause: 'hung_up' });
    events.lost();
    assert.equal(records.rows.get(leg.id)!.cause, 'hung_up');
  });

  it('a connection that fails ends its leg', async () => {
    const { stage, records, leg, connect } = await humanOnCall();
    const media = new FarEnd(stage.clock);
    await connect(media);
    media.isBroken = true;
    stage.run(100);
    assert.deepEqual(records.rows.get(leg.id), { status: 'ended', cause: 'media_failed' });
    assert.deepEqual(stage.failures, [participantOf(leg)]);
  });

  it('no one joins over a leg that was ended, or a call that is over', async () => {
    const ended = await humanOnCall();
    const connecting = ended.connect(new FarEnd(ended.stage.clock));
    await ended.legs.end(ended.leg, 'declined');
    assert.equal(await connecting, null);
    assert.equal(ended.stage.bridge.attendance.length, 2);
    const over = await humanOnCall();
    over.stage.bridge.close();
    assert.equal(await over.connect(new FarEnd(over.stage.clock)), null);
    over.records.isOver = true;
    assert.equal(await over.legs.add({ kind: 'colleague', carrier: 'x', carrierLegId: null, address: null }), null);
  });

  it('the end of the call closes the connections of all parties', async () => {
    const { stage, connect } = await humanOnCall();
    const media = new FarEnd(stage.clock);
    await connect(media);
    stage.run(100);
    stage.bridge.close();
    const { frames } = media;
    stage.run(200);
    assert.ok(media.isBroken && media.frames === frames);
  });
});
