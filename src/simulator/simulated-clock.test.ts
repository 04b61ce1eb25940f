import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedClock } from './simulated-clock.ts';

const wall = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe('the clock of a simulated call', () => {
  it('runs timers in order, each at its own time', async () => {
    const clock = new SimulatedClock(50);
    const seen: [string, number][] = [];
    await new Promise<void>((done) => {
      clock.at(300, () => seen.push(['late', clock.nowMs()]));
      clock.at(100, () => seen.push(['early', clock.nowMs()]));
      clock.at(200, () => seen.push(['middle', clock.nowMs()]));
      clock.at(400, done);
    });
    assert.deepEqual(seen, [
      ['early', 100],
      ['middle', 200],
      ['late', 300],
    ]);
    clock.stop();
  });

  it('stands still while announced work is behind its budget, and does not make up for it', async () => {
    const clock = new SimulatedClock(20);
    const ticks: number[] = [];
    clock.everyFrame(() => ticks.push(clock.nowMs()));
    await new Promise<void>((done) => void clock.at(100, done));
    const began = clock.nowMs();
    const finished = clock.working(60);
    await wall(80);
    const held = clock.nowMs();
    assert.ok(held <= began + 60, `it went on to ${held}`);
    finished();
    finished();
    await wall(10);
    assert.ok(clock.nowMs() < held + 2000, 'it caught up in one go');
    await new Promise<void>((done) => void clock.at(held + 200, done));
    assert.deepEqual(ticks.slice(0, 5), [20, 40, 60, 80, 100]);
    clock.stop();
  });

  it('runs no faster than the wall while work outside takes its time, and as before afterwards', async () => {
    const clock = new SimulatedClock(1000);
    clock.everyFrame(() => undefined);
    let began = 0;
    let wallBegan = 0;
    const finished = await new Promise<() => void>((done) => {
      clock.at(100, () => {
        [began, wallBegan] = [clock.nowMs(), performance.now()];
        const end = clock.working(8000, true);
        clock.at(130, () => done(end));
      });
    });
    assert.ok(clock.nowMs() - began <= performance.now() - wallBegan + 1);
    await wall(50);
    const finish = clock.working(8000, true);
    finished();
    const passed = clock.nowMs() - began;
    const took = performance.now() - wallBegan;
    assert.ok(passed <= took + 1 && passed >= 30, `${passed} of ${took} ms`);
    finish();
    const before = performance.now();
    await new Promise<void>((done) => void clock.at(clock.nowMs() + 60_000, done));
    assert.ok(performance.now() - before < 30_000);
    clock.stop();
  });

  it('runs at most as fast as it may', async () => {
    const clock = new SimulatedClock(10);
    const began = performance.now();
    await new Promise<void>((done) => void clock.at(1000, done));
    assert.ok(performance.now() - began >= 95);
    clock.stop();
  });

  it('fires nothing after it was stopped', async () => {
    const clock = new SimulatedClock(100);
    clock.at(50, () => assert.fail('it fired'));
    clock.stop();
    await wall(20);
  });
});
